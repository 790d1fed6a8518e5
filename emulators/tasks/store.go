package tasks

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cloud.google.com/go/cloudtasks/apiv2/cloudtaskspb"
	"go.etcd.io/bbolt"
	"google.golang.org/protobuf/proto"
)

// store keeps queues, tasks and reserved names in a file, as each changes. A
// nil store keeps nothing. Writes go to the page cache unsynced: they survive
// the death of the process.
type store struct{ db *bbolt.DB }

var (
	queuesBucket = []byte("queues") // name -> Queue
	tasksBucket  = []byte("tasks")  // name -> kept
	goneBucket   = []byte("gone")   // name of a task or queue -> unix nanoseconds of its release
)

// kept is a task in the store: the proto and what it does not say.
type kept struct {
	Task       []byte
	Lot        string
	Order      uint64
	Executions int
	Answered   int
}

func openStore(dir string) (*store, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	db, err := bbolt.Open(filepath.Join(dir, "tasks.db"), 0o600, &bbolt.Options{Timeout: time.Second, NoSync: true})
	if err != nil {
		return nil, fmt.Errorf("open %s/tasks.db (is another emulator using it?): %w", dir, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{queuesBucket, tasksBucket, goneBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &store{db: db}, nil
}

func (s *store) close() error {
	if s == nil {
		return nil
	}
	return s.db.Close()
}

func (s *store) update(f func(tx *bbolt.Tx) error) error {
	if s == nil {
		return nil
	}
	return s.db.Update(f)
}

func (s *store) putQueue(q *cloudtaskspb.Queue) error {
	return s.update(func(tx *bbolt.Tx) error {
		b, err := proto.Marshal(q)
		if err != nil {
			return err
		}
		return tx.Bucket(queuesBucket).Put([]byte(q.GetName()), b)
	})
}

// deleteQueue forgets a queue with everything in it and reserves its name.
func (s *store) deleteQueue(name string, until time.Time) error {
	return s.update(func(tx *bbolt.Tx) error {
		for _, bucket := range [][]byte{tasksBucket, goneBucket} {
			if err := deletePrefix(tx.Bucket(bucket), name+"/tasks/"); err != nil {
				return err
			}
		}
		if err := tx.Bucket(queuesBucket).Delete([]byte(name)); err != nil {
			return err
		}
		return tx.Bucket(goneBucket).Put([]byte(name), stamp(until))
	})
}

func deletePrefix(b *bbolt.Bucket, prefix string) error {
	var names [][]byte
	c := b.Cursor()
	for k, _ := c.Seek([]byte(prefix)); k != nil && strings.HasPrefix(string(k), prefix); k, _ = c.Next() {
		names = append(names, k)
	}
	for _, k := range names {
		if err := b.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

func (s *store) putTask(t *task) error {
	return s.update(func(tx *bbolt.Tx) error {
		pb, err := proto.Marshal(t.pb)
		if err != nil {
			return err
		}
		b, err := json.Marshal(kept{Task: pb, Lot: t.lot, Order: t.order, Executions: t.executions, Answered: t.answered})
		if err != nil {
			return err
		}
		return tx.Bucket(tasksBucket).Put([]byte(t.pb.GetName()), b)
	})
}

// bury forgets a task and reserves its name.
func (s *store) bury(name string, until time.Time) error {
	return s.update(func(tx *bbolt.Tx) error {
		if err := tx.Bucket(tasksBucket).Delete([]byte(name)); err != nil {
			return err
		}
		return tx.Bucket(goneBucket).Put([]byte(name), stamp(until))
	})
}

// release ends the reservation of a name.
func (s *store) release(name string) error {
	return s.update(func(tx *bbolt.Tx) error { return tx.Bucket(goneBucket).Delete([]byte(name)) })
}

func stamp(t time.Time) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(t.UnixNano()))
}

func unstamp(b []byte) time.Time {
	return time.Unix(0, int64(binary.BigEndian.Uint64(b)))
}
