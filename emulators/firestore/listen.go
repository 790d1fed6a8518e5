package firestore

import (
	"errors"
	"io"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lastmile/emulators/firestore/internal/store"
)

// maxTargets bounds the targets of one stream.
const maxTargets = 500

// Listen streams changes of documents and query results. A client that is slow
// to receive gets several commits as one step, never a queue of them.
func (a *api) Listen(stream pb.Firestore_ListenServer) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	d, err := a.database(first.Database)
	if err != nil {
		return err
	}
	watcher := d.store.Watch()
	defer watcher.Close()
	l := &listener{api: a, database: d, stream: stream, targets: map[int32]*target{}, sent: d.store.Now()}
	return l.run(first, watcher)
}

// listener is one stream. Only its own goroutine uses it.
type listener struct {
	api      *api
	database *database
	stream   pb.Firestore_ListenServer
	targets  map[int32]*target
	lastID   int32
	sent     store.Time // everything up to it has been sent
}

func (l *listener) run(first *pb.ListenRequest, watcher *store.Watcher) error {
	if err := l.handle(first); err != nil {
		return err
	}
	requests, ended := receive(l.stream)
	for {
		select {
		case req := <-requests:
			if err := l.handle(req); err != nil {
				return err
			}
		case <-watcher.C:
			if err := l.catchUp(); err != nil {
				return err
			}
		case err := <-ended:
			return err
		case <-l.api.closing:
			return status.Error(codes.Unavailable, "The server is closing.")
		}
	}
}

// receive passes on requests until the stream ends; its goroutine ends with
// the stream's context, which is cancelled when the handler returns.
func receive(stream pb.Firestore_ListenServer) (<-chan *pb.ListenRequest, <-chan error) {
	requests, ended := make(chan *pb.ListenRequest), make(chan error, 1)
	go func() {
		for {
			req, err := stream.Recv()
			if errors.Is(err, io.EOF) || status.Code(err) == codes.Canceled {
				err = nil
			}
			if req == nil {
				ended <- err
				return
			}
			select {
			case requests <- req:
			case <-stream.Context().Done():
				return
			}
		}
	}()
	return requests, ended
}

func (l *listener) handle(req *pb.ListenRequest) error {
	switch change := req.GetTargetChange().(type) {
	case *pb.ListenRequest_AddTarget:
		return l.add(change.AddTarget)
	case *pb.ListenRequest_RemoveTarget:
		delete(l.targets, change.RemoveTarget)
		return l.sendChange(pb.TargetChange_REMOVE, change.RemoveTarget)
	}
	return status.Error(codes.InvalidArgument, "A listen request must add or remove a target.")
}

// add brings all other targets up to date first, so that the whole stream is
// at one time again afterwards.
func (l *listener) add(pt *pb.Target) error {
	if len(l.targets) >= maxTargets {
		return status.Errorf(codes.ResourceExhausted, "A stream takes at most %d targets.", maxTargets)
	}
	if err := l.catchUp(); err != nil {
		return err
	}
	t, err := l.newTarget(pt)
	if err != nil {
		return l.send(&pb.TargetChange{
			TargetChangeType: pb.TargetChange_REMOVE, TargetIds: []int32{pt.GetTargetId()}, Cause: status.Convert(err).Proto(),
		})
	}
	l.targets[t.id] = t
	if err := l.sendChange(pb.TargetChange_ADD, t.id); err != nil {
		return err
	}
	if err := l.start(t, pt); err != nil {
		return err
	}
	if err := l.sendChange(pb.TargetChange_CURRENT, t.id); err != nil {
		return err
	}
	if pt.GetOnce() {
		delete(l.targets, t.id)
		return l.sendChange(pb.TargetChange_REMOVE, t.id)
	}
	return l.sendSnapshot()
}

// start sends what is new for t since the point it resumes from, or all of it.
func (l *listener) start(t *target, pt *pb.Target) error {
	if since, ok := resumePoint(pt); ok {
		known, err := t.evaluate(l.database.store, since)
		if err != nil {
			if err := l.sendChange(pb.TargetChange_RESET, t.id); err != nil {
				return err
			}
		} else {
			t.known, t.resumed = known, true
		}
	}
	now, err := t.evaluate(l.database.store, l.sent)
	if err != nil {
		return err
	}
	return l.sendAll(t.diff(now, l))
}

// catchUp sends all targets what was committed since the last time.
func (l *listener) catchUp() error {
	changes, read, ok := l.database.store.Changes(l.sent)
	l.sent = read
	sent := false
	for _, t := range l.targets {
		messages, err := l.update(t, changes, ok)
		if err != nil {
			return err
		}
		if err := l.sendAll(messages); err != nil {
			return err
		}
		sent = sent || len(messages) > 0
	}
	if !sent {
		return nil
	}
	return l.sendSnapshot()
}

// update returns what t's client has to know. If the changes are no longer
// known, or may move other documents in or out, the target is evaluated anew.
func (l *listener) update(t *target, changes []store.Change, complete bool) ([]*pb.ListenResponse, error) {
	if complete && !t.limited() {
		return t.apply(changes, l), nil
	}
	if complete && !t.concerns(changes) {
		return nil, nil
	}
	now, err := t.evaluate(l.database.store, l.sent)
	if err != nil {
		return nil, err
	}
	return t.diff(now, l), nil
}

func (l *listener) sendAll(messages []*pb.ListenResponse) error {
	for _, m := range messages {
		if err := l.stream.Send(m); err != nil {
			return err
		}
	}
	return nil
}

func (l *listener) send(c *pb.TargetChange) error {
	return l.stream.Send(&pb.ListenResponse{ResponseType: &pb.ListenResponse_TargetChange{TargetChange: c}})
}

func (l *listener) sendChange(kind pb.TargetChange_TargetChangeType, id int32) error {
	c := &pb.TargetChange{TargetChangeType: kind, TargetIds: []int32{id}}
	if kind == pb.TargetChange_CURRENT {
		c.ReadTime, c.ResumeToken = l.sent.Proto(), resumeToken(l.sent)
	}
	return l.send(c)
}

// sendSnapshot says that the whole stream is consistent.
func (l *listener) sendSnapshot() error {
	return l.send(&pb.TargetChange{ReadTime: l.sent.Proto(), ResumeToken: resumeToken(l.sent)})
}
