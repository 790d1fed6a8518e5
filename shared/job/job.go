// Package job is what a piece of bulk work is: divided into pages that run on
// their own, in parallel, and closed once when all have an outcome.
//
// It owns the states of a job and the moves between them, the outcome of a page,
// progress, and the diagnosis of a job that stands still. A page counts once,
// whatever is delivered twice: its outcome is stored with its effects.
package job

import (
	"fmt"
	"time"

	"lastmile/shared/bulk"
	"lastmile/shared/event"
)

// ID identifies a job.
type ID string

// DeriveID returns the id of the job that caller asked for under key: asking
// again names the same job.
func DeriveID(caller, key string) ID { return ID(event.DeriveID("job", caller, key)) }

// Kind is what a job does. The kinds of bulk operations are in package bulk.
type Kind string

// CatalogSync brings a shop's items up to date with its provider's catalogue.
const CatalogSync Kind = "catalog.sync"

// Exclusive reports whether only one job of the kind may run for a shop at a
// time.
func (k Kind) Exclusive() bool { return k == CatalogSync }

// Lock names what a job of this kind holds for as long as it is open; empty for
// kinds that are not exclusive.
func (k Kind) Lock(shop string) string {
	if !k.Exclusive() {
		return ""
	}
	return string(k) + ":" + shop
}

// Job is a piece of bulk work.
type Job struct {
	ID     ID                `firestore:"id" json:"id"`
	Kind   Kind              `firestore:"kind" json:"kind"`
	Shop   string            `firestore:"shop" json:"shop"`
	Params map[string]string `firestore:"params" json:"params,omitempty"`
	Input  Input             `firestore:"input" json:"input"`

	State State `firestore:"state" json:"state"`

	// Open is false in the states that [State.Closed] names.
	Open bool `firestore:"open" json:"-"`

	// Gen counts from 0 how often failed pages have been retried.
	Gen int `firestore:"gen" json:"gen"`

	// Cause says why the job failed, or why some pages did.
	Cause string `firestore:"cause" json:"cause,omitempty"`

	// By is the caller who asked for the job.
	By string `firestore:"by" json:"by"`

	Created  time.Time `firestore:"created" json:"created"`
	Started  time.Time `firestore:"started" json:"started,omitzero"`
	Finished time.Time `firestore:"finished" json:"finished,omitzero"`

	// Expires is when the record of the job is deleted.
	Expires time.Time `firestore:"expires" json:"-"`

	Plan Plan `firestore:"plan" json:"plan"`

	// Tally sums the pages; it is set when the job closes.
	Tally Tally `firestore:"tally" json:"tally"`

	// Report is the file that lists what failed; empty if nothing did.
	Report string `firestore:"report,omitempty" json:"report,omitempty"`

	Watch Watch `firestore:"watch" json:"-"`
}

// Kept is how long a job, its pages and its input are kept.
const Kept = 90 * 24 * time.Hour

// PageTimeout bounds the work on one delivery of a page.
const PageTimeout = time.Minute

// Drain is how long after its cancelling a job closes: longer than a page takes
// that began just before, whatever the clocks, so that none writes after a newer
// job's.
const Drain = PageTimeout + 30*time.Second

// Input is what a job works on: at most one of a list, a filter and a file.
type Input struct {
	// Items is the length of a list, which is stored beside the job.
	Items int `firestore:"items,omitempty" json:"items,omitempty"`

	// Digest tells one list from another.
	Digest string `firestore:"digest,omitempty" json:"-"`

	Filter *bulk.Filter `firestore:"filter,omitempty" json:"filter,omitempty"`

	// File names an object in the private bucket: NDJSON, or CSV with a header.
	File string `firestore:"file,omitempty" json:"file,omitempty"`

	// FileID is the uploaded file whose content File names; empty for an object
	// that an operator put there.
	FileID string `firestore:"fileId,omitempty" json:"fileId,omitempty"`
}

// Plan is how a job is divided; it is set when the job starts to run.
type Plan struct {
	// Pages were planned. Each outcome that names a next page adds one.
	Pages int `firestore:"pages" json:"pages"`

	// Chain is set where each page names the next one, so that only the last
	// tells how many there are.
	Chain bool `firestore:"chain,omitempty" json:"chain,omitempty"`

	// Size is what was divided, in items or in bytes; 0 if unknown.
	Size int64 `firestore:"size,omitempty" json:"size,omitempty"`

	// Settings is the version of the catalogue settings that all pages run with.
	Settings int `firestore:"settings,omitempty" json:"settings,omitempty"`

	// Whole is set if the pages list everything that the shop has.
	Whole bool `firestore:"whole,omitempty" json:"whole,omitempty"`

	// List names the stored list of the planned pages.
	List string `firestore:"list,omitempty" json:"-"`
}

// New returns a job that waits to be planned.
func New(id ID, k Kind, shop, by string, now time.Time) Job {
	return Job{
		ID: id, Kind: k, Shop: shop, By: by, State: Pending, Open: true,
		Created: now, Expires: now.Add(Kept),
		Watch: Watch{Checked: now, Moved: now},
	}
}

// Move returns j in state to. It returns an [*IllegalMoveError] if j cannot get
// there.
func (j Job) Move(to State, now time.Time) (Job, error) {
	if err := j.State.check(to); err != nil {
		return j, fmt.Errorf("job %s: %w", j.ID, err)
	}
	j.State, j.Open = to, !to.Closed()
	j.Watch.Checked, j.Watch.Moved = now, now
	switch {
	case to == Running:
		j.Started, j.Finished = now, time.Time{}
	case to.Closed():
		j.Finished, j.Expires = now, now.Add(Kept)
	}
	return j, nil
}

// Retry returns j as it goes on with its failed pages, or with its plan if that
// is what failed.
func (j Job) Retry(now time.Time) (Job, error) {
	to := Running
	if j.Plan.List == "" {
		to = Pending
	}
	if !j.State.Closed() {
		return j, fmt.Errorf("job %s: %w", j.ID, &IllegalMoveError{From: j.State, To: to})
	}
	r, err := j.Move(to, now)
	if err != nil {
		return j, err
	}
	r.Gen++
	r.Cause, r.Watch.Replans, r.Watch.Pages = "", 0, 0
	return r, nil
}

// PlanEvent returns the event that has j planned, the same one for each try.
func (j Job) PlanEvent() *event.JobPlan {
	return &event.JobPlan{
		Header: event.Header{ID: event.DeriveID("plan", string(j.ID), fmt.Sprint(j.Gen), fmt.Sprint(j.Watch.Replans))},
		Job:    string(j.ID),
	}
}

// PageEvent returns the id of the event of page n, the same one for each try of
// this generation.
func (j Job) PageEvent(n int) event.ID {
	return event.DeriveID("page", string(j.ID), fmt.Sprint(j.Gen), fmt.Sprint(j.Watch.Replans), fmt.Sprint(n))
}

// Closing is a call of the finaliser for a job.
type Closing struct {
	Job ID

	// Reason and Gen, with the job, name the call: the same ones call once.
	Reason string
	Gen    int

	Due time.Time
}

// Closing returns the call that closes j when its pages are complete, or, for a
// cancelled job, when none can be in flight.
func (j Job) Closing(now time.Time) Closing {
	c := Closing{Job: j.ID, Reason: "finish", Gen: j.Gen, Due: now}
	if j.State == Cancelling {
		c.Reason, c.Due = "cancel", j.Watch.Moved.Add(Drain)
	}
	return c
}

// Reclosing returns the call that closes j, maybe again, after page n, which had
// failed, has been replayed and is done.
func (j Job) Reclosing(n int, now time.Time) Closing {
	return Closing{Job: j.ID, Reason: fmt.Sprintf("replay %d", j.Gen), Gen: n, Due: now}
}

// Repairing returns a call that closes j although an earlier one was lost. There
// is one a minute at most.
func (j Job) Repairing(now time.Time) Closing {
	return Closing{Job: j.ID, Reason: "repair", Gen: int(now.Unix() / 60), Due: now}
}
