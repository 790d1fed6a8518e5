package storage

import (
	"crypto/rand"
	"slices"
	"sync"
	"time"

	raw "google.golang.org/api/storage/v1"
)

const (
	maxUploads    = 1000               // open at once; the oldest makes room
	uploadsExpire = 7 * 24 * time.Hour // after their start
)

// uploads are the resumable uploads that were started.
type uploads struct {
	now func() time.Time

	mu    sync.Mutex
	open  map[string]*session
	order []string // by start
}

// session is one resumable upload. A finished one is kept to answer a client
// that lost the answer.
type session struct {
	bucket  string
	started time.Time

	mu    sync.Mutex // one request at a time
	meta  *raw.Object
	c     conditions
	draft *draft // nil once finished
	made  *raw.Object
}

func newUploads(now func() time.Time) *uploads {
	return &uploads{now: now, open: map[string]*session{}}
}

// add makes room for an upload and returns its id.
func (u *uploads) add(up *session) string {
	id := rand.Text()
	up.started = u.now()
	u.mu.Lock()
	var old []*session
	for len(u.order) >= maxUploads || len(u.order) > 0 && up.started.Sub(u.open[u.order[0]].started) > uploadsExpire {
		old = append(old, u.forget(u.order[0]))
	}
	u.open[id] = up
	u.order = append(u.order, id)
	u.mu.Unlock()
	for _, o := range old {
		o.drop()
	}
	return id
}

// forget takes an upload out and returns it; uploads.mu is held.
func (u *uploads) forget(id string) *session {
	up := u.open[id]
	delete(u.open, id)
	u.order = slices.DeleteFunc(u.order, func(o string) bool { return o == id })
	return up
}

// drop removes what an unfinished upload received.
func (up *session) drop() {
	up.mu.Lock()
	defer up.mu.Unlock()
	if up.draft != nil {
		up.draft.drop()
		up.draft = nil
	}
}

func (u *uploads) find(id string) (*session, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	up, ok := u.open[id]
	if !ok {
		return nil, notFound("No such upload: it never was, has expired, or was cancelled.")
	}
	return up, nil
}

// cancel forgets an upload that is there.
func (u *uploads) cancel(id string) error {
	up, err := u.find(id)
	if err != nil {
		return err
	}
	u.mu.Lock()
	u.forget(id)
	u.mu.Unlock()
	up.drop()
	return nil
}

// close drops what unfinished uploads received.
func (u *uploads) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for len(u.order) > 0 {
		u.forget(u.order[0]).drop()
	}
}
