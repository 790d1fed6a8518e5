// Package jobredis remembers in Redis what the pages of jobs have come to.
//
// It owns the keys job:{id}, job:{id}:done and job:{id}:failed. It answers in one
// round trip what would cost the database many, and it may forget: whoever asks
// must come to the same end without it, only later.
package jobredis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"lastmile/shared/job"
)

// Board is what Redis remembers of jobs. It is safe for concurrent use.
type Board struct{ redis redis.Scripter }

// New returns the Board in r.
func New(r redis.Scripter) *Board { return &Board{r} }

const (
	// kept is how long a job is remembered after its last page.
	kept = 24 * time.Hour

	// callTimeout ends a call: the board is worth a short wait only.
	callTimeout = 2 * time.Second
)

// keys are in one slot of a cluster.
func keys(id job.ID) []string {
	k := "job:{" + string(id) + "}"
	return []string{k, k + ":done", k + ":failed"}
}

// Every script ends with where the job stands: pages done and failed, cancelled,
// pages planned, pages known by outcomes, generation, counts of items, whether
// this page is done, and whether any page has been marked.
const standing = `
local h = redis.call('HMGET', KEYS[1], 'cancelled', 'pages', 'known', 'gen', 'read', 'changed', 'unchanged', 'failed')
local r = {redis.call('BITCOUNT', KEYS[2]), redis.call('BITCOUNT', KEYS[3])}
for i = 1, 8 do r[i+2] = tonumber(h[i] or 0) or 0 end
r[11] = tonumber(ARGV[1]) >= 0 and redis.call('GETBIT', KEYS[2], ARGV[1]) or 0
r[12] = h[2] and 1 or 0
return r`

var (
	ask = redis.NewScript(standing)

	mark = redis.NewScript(`
local page, failed = ARGV[1], ARGV[2] == '1'
if failed then
  if redis.call('GETBIT', KEYS[2], page) == 0 then redis.call('SETBIT', KEYS[3], page, 1) end
elseif redis.call('SETBIT', KEYS[2], page, 1) == 0 then
  redis.call('SETBIT', KEYS[3], page, 0)
  redis.call('HINCRBY', KEYS[1], 'read', ARGV[6])
  redis.call('HINCRBY', KEYS[1], 'changed', ARGV[7])
  redis.call('HINCRBY', KEYS[1], 'unchanged', ARGV[8])
  redis.call('HINCRBY', KEYS[1], 'failed', ARGV[9])
end
redis.call('HSET', KEYS[1], 'pages', ARGV[3], 'gen', ARGV[4])
if tonumber(ARGV[5]) > tonumber(redis.call('HGET', KEYS[1], 'known') or 0) then redis.call('HSET', KEYS[1], 'known', ARGV[5]) end
for i = 1, 3 do redis.call('EXPIRE', KEYS[i], ARGV[10]) end
` + standing)

	cancel = redis.NewScript(`
redis.call('HSET', KEYS[1], 'cancelled', 1)
redis.call('EXPIRE', KEYS[1], ARGV[2])
` + standing)

	reset = redis.NewScript(`
for i = 3, #ARGV do redis.call('SETBIT', KEYS[3], ARGV[i], 0) end
redis.call('EXPIRE', KEYS[3], ARGV[2])
` + standing)
)

// Ask returns where a page and its job stand.
func (b *Board) Ask(ctx context.Context, id job.ID, page int) (job.Standing, error) {
	a, err := b.run(ctx, ask, id, page)
	return a.standing(), err
}

// Mark notes a stored outcome of a page of j.
func (b *Board) Mark(ctx context.Context, j job.Job, p job.Page) (job.Standing, error) {
	a, err := b.run(ctx, mark, j.ID, p.Page, flag(p.State == job.Failed), j.Plan.Pages, j.Gen, p.Known(),
		p.Read, p.Changed, p.Unchanged, p.Failed, int(kept.Seconds()))
	return a.standing(), err
}

// Cancel makes the pages of a job acknowledge without work.
func (b *Board) Cancel(ctx context.Context, id job.ID) error {
	_, err := b.run(ctx, cancel, id, -1, int(kept.Seconds()))
	return err
}

// Reset forgets that pages of a job failed.
func (b *Board) Reset(ctx context.Context, id job.ID, pages ...int) error {
	args := []any{-1, int(kept.Seconds())}
	for _, p := range pages {
		args = append(args, p)
	}
	_, err := b.run(ctx, reset, id, args...)
	return err
}

// Tally returns what the pages of a job have come to. ok is false if Redis does
// not know the job: it may also have forgotten a part of it, never made it up.
func (b *Board) Tally(ctx context.Context, id job.ID) (t job.Tally, ok bool, err error) {
	a, err := b.run(ctx, ask, id, -1)
	return a.tally, a.known, err
}

// answer is what every script ends with.
type answer struct {
	tally                  job.Tally
	cancelled, done, known bool
	pages, gen             int
}

func (a answer) standing() job.Standing {
	return job.Standing{
		Cancelled: a.cancelled, Done: a.done, Gen: a.gen,
		Complete: a.known && a.tally.Complete(job.Plan{Pages: a.pages}),
	}
}

var errAnswer = errors.New("unexpected answer")

func (b *Board) run(ctx context.Context, s *redis.Script, id job.ID, args ...any) (answer, error) {
	ctx, stop := context.WithTimeout(ctx, callTimeout)
	defer stop()
	n, err := s.Run(ctx, b.redis, keys(id), args...).Int64Slice()
	if err == nil && len(n) != 12 {
		err = errAnswer
	}
	if err != nil {
		return answer{}, fmt.Errorf("job board %s: %w", id, err)
	}
	at := func(i int) int { return int(n[i-1]) }
	return answer{
		tally: job.Tally{
			Pages: at(1) + at(2), FailedPages: at(2), Known: at(5),
			Counts: job.Counts{Read: at(7), Changed: at(8), Unchanged: at(9), Failed: at(10)},
		},
		cancelled: at(3) == 1, pages: at(4), gen: at(6), done: at(11) == 1, known: at(12) == 1,
	}, nil
}

func flag(on bool) string { return strconv.Itoa(map[bool]int{true: 1}[on]) }
