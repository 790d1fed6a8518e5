package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"golang.org/x/sync/errgroup"

	"lastmile/emulators/google"
)

// benchFirestore runs the same work on our Firestore emulator and on Google's,
// each in a process of its own.
func benchFirestore(ctx context.Context, r *report) error {
	ours, err := measureFirestore(ctx, startOurFirestore)
	if err != nil {
		return fmt.Errorf("ours: %w", err)
	}
	theirs, err := measureFirestore(ctx, startGoogleFirestore)
	if errors.Is(err, google.ErrMissing) {
		theirs, err = &firestoreFigures{absent: "not on this machine"}, nil
	}
	if err != nil {
		return fmt.Errorf("google's: %w", err)
	}
	ours.print(r, theirs)
	return nil
}

// firestoreFigures is what one engine did.
type firestoreFigures struct {
	absent       string // why there are none
	start        time.Duration
	memory       int64 // bytes resident after 10,000 documents
	commits      float64
	transactions float64
	contended    time.Duration
	failed       int // of the contending transactions
	query        time.Duration
}

func measureFirestore(ctx context.Context, start func(context.Context) (*firestoreProcess, error)) (f *firestoreFigures, err error) {
	began := time.Now()
	p, err := start(ctx)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	f = &firestoreFigures{}
	client, err := p.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = client.Close() }()
	if err := p.await(ctx, client); err != nil {
		return nil, err
	}
	f.start = time.Since(began)
	for _, step := range []func(context.Context, *firestore.Client) error{
		func(ctx context.Context, c *firestore.Client) error { return f.measureMemory(ctx, c, p) },
		func(ctx context.Context, _ *firestore.Client) error { return f.measureTransactions(ctx, p) },
		f.measureCommits, f.measureContention, f.measureQuery,
	} {
		if err := step(ctx, client); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// courierDocument is a document as lastmile's are: small, flat, indexed.
func courierDocument(i int) map[string]any {
	return map[string]any{
		"zone": fmt.Sprint("zone-", i%100), "score": i * 7919 % 20_000, "name": fmt.Sprint("Courier ", i), "active": i%3 == 0,
		"lat": 52.5 + float64(i%1000)/1e4, "lng": 13.4 + float64(i%777)/1e4, "tags": []string{"bike", "late"},
		"joined": time.Unix(1_700_000_000+int64(i), 0), "vehicle": map[string]any{"kind": "bike", "load": i % 30}, "phone": "+49 30 000000",
	}
}

// fill writes n documents, 500 a commit.
func fill(ctx context.Context, c *firestore.Client, collection string, n int) error {
	for from := 0; from < n; from += 500 {
		if err := writeMany(ctx, c, collection, from, min(from+500, n)); err != nil {
			return fmt.Errorf("fill %s: %w", collection, err)
		}
	}
	return nil
}

func writeMany(ctx context.Context, c *firestore.Client, collection string, from, to int) error {
	return c.RunTransaction(ctx, func(_ context.Context, tx *firestore.Transaction) error {
		for i := from; i < to; i++ {
			if err := tx.Set(c.Collection(collection).Doc(fmt.Sprint("courier-", i)), courierDocument(i)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (f *firestoreFigures) measureMemory(ctx context.Context, c *firestore.Client, p *firestoreProcess) (err error) {
	if err = fill(ctx, c, "memory", 10_000); err == nil {
		f.memory, err = p.resident()
	}
	return err
}

// measureCommits commits single documents from eight goroutines.
func (f *firestoreFigures) measureCommits(ctx context.Context, c *firestore.Client) error {
	const span = 2 * time.Second
	var done atomic.Int64
	g, gctx := errgroup.WithContext(ctx)
	deadline := time.Now().Add(span)
	for w := range 8 {
		g.Go(func() error {
			for i := 0; time.Now().Before(deadline); i++ {
				if _, err := c.Doc(fmt.Sprintf("commits/%d-%d", w, i%1000)).Set(gctx, courierDocument(i)); err != nil {
					return err
				}
				done.Add(1)
			}
			return nil
		})
	}
	err := g.Wait()
	f.commits = float64(done.Load()) / span.Seconds()
	return err
}

// measureTransactions commits transactions of 500 new documents, one after
// another. The documents are encoded beforehand: the client's work is not the
// emulator's.
func (f *firestoreFigures) measureTransactions(ctx context.Context, p *firestoreProcess) error {
	const rounds = 40
	rpc, database := pb.NewFirestoreClient(p.conn), "projects/bench/databases/(default)"
	var batches [rounds][]*pb.Write
	for n := range batches {
		for i := range 500 {
			batches[n] = append(batches[n], courierWrite(fmt.Sprintf("%s/documents/batch-%d/courier-%d", database, n, i), i))
		}
	}
	began := time.Now()
	for _, writes := range batches {
		tx, err := rpc.BeginTransaction(ctx, &pb.BeginTransactionRequest{Database: database})
		if err != nil {
			return err
		}
		if _, err := rpc.Commit(ctx, &pb.CommitRequest{Database: database, Transaction: tx.Transaction, Writes: writes}); err != nil {
			return err
		}
	}
	f.transactions = rounds / time.Since(began).Seconds()
	return nil
}

// courierWrite is a courierDocument on the wire.
func courierWrite(full string, i int) *pb.Write {
	text := func(s string) *pb.Value { return &pb.Value{ValueType: &pb.Value_StringValue{StringValue: s}} }
	integer := func(n int) *pb.Value { return &pb.Value{ValueType: &pb.Value_IntegerValue{IntegerValue: int64(n)}} }
	double := func(x float64) *pb.Value { return &pb.Value{ValueType: &pb.Value_DoubleValue{DoubleValue: x}} }
	return &pb.Write{Operation: &pb.Write_Update{Update: &pb.Document{Name: full, Fields: map[string]*pb.Value{
		"zone": text(fmt.Sprint("zone-", i%100)), "score": integer(i * 7919 % 20_000), "name": text(fmt.Sprint("Courier ", i)),
		"lat": double(52.5 + float64(i%1000)/1e4), "lng": double(13.4 + float64(i%777)/1e4), "phone": text("+49 30 000000"),
		"load": integer(i % 30), "vehicle": text("bike"),
	}}}}
}

// measureContention lets 50 transactions read and write one document at once.
func (f *firestoreFigures) measureContention(ctx context.Context, c *firestore.Client) error {
	doc := c.Doc("contended/counter")
	if _, err := doc.Set(ctx, map[string]any{"n": 0}); err != nil {
		return err
	}
	var failed atomic.Int64
	var g errgroup.Group
	began := time.Now()
	for range 50 {
		g.Go(func() error {
			if err := addOne(ctx, c, doc); err != nil {
				failed.Add(1)
			}
			return nil
		})
	}
	err := g.Wait()
	f.contended, f.failed = time.Since(began), int(failed.Load())
	return err
}

func addOne(ctx context.Context, c *firestore.Client, doc *firestore.DocumentRef) error {
	return c.RunTransaction(ctx, func(_ context.Context, tx *firestore.Transaction) error {
		if _, err := tx.Get(doc); err != nil {
			return err
		}
		return tx.Update(doc, []firestore.Update{{Path: "n", Value: firestore.Increment(1)}})
	})
}

// measureQuery takes the median of a query for 200 of 20,000 documents.
func (f *firestoreFigures) measureQuery(ctx context.Context, c *firestore.Client) error {
	if err := fill(ctx, c, "couriers", 20_000); err != nil {
		return err
	}
	q := c.Collection("couriers").Where("zone", "==", "zone-7").OrderBy("score", firestore.Desc)
	var took []time.Duration
	for range 11 {
		began := time.Now()
		docs, err := q.Documents(ctx).GetAll()
		if err != nil {
			return err
		}
		if len(docs) != 200 {
			return fmt.Errorf("query returned %d documents, not 200", len(docs))
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	f.query = took[len(took)/2]
	return nil
}

func (f *firestoreFigures) print(r *report, theirs *firestoreFigures) {
	less := func(work, unit string, ours, base, scale, aim float64) {
		if theirs.absent != "" {
			r.row(work, fmt.Sprintf("%.3g %s", ours*scale, unit), theirs.absent, "", "", false)
			return
		}
		r.row(work, fmt.Sprintf("%.3g %s", ours*scale, unit), fmt.Sprintf("%.3g %s", base*scale, unit),
			fmt.Sprintf("%.1fx less", base/ours), fmt.Sprintf("≥ %.0fx", aim), base/ours >= aim)
	}
	more := func(work string, ours, base, aim float64) {
		if theirs.absent != "" {
			r.row(work, fmt.Sprintf("%.3g/s", ours), theirs.absent, "", "", false)
			return
		}
		r.row(work, fmt.Sprintf("%.3g/s", ours), fmt.Sprintf("%.3g/s", base),
			fmt.Sprintf("%.1fx", ours/base), fmt.Sprintf("≥ %.0fx", aim), ours/base >= aim)
	}
	less("start to first answer", "ms", f.start.Seconds(), theirs.start.Seconds(), 1e3, 20)
	less("memory after 10,000 documents", "MB", float64(f.memory), float64(theirs.memory), 1e-6, 5)
	more("commits of one document, 8 clients", f.commits, theirs.commits, 5)
	more("transactions of 500 documents", f.transactions, theirs.transactions, 5)
	less(fmt.Sprintf("50 contending transactions (failed: %d, %d)", f.failed, theirs.failed), "ms",
		f.contended.Seconds(), theirs.contended.Seconds(), 1e3, 5)
	less("equality and order, 200 of 20,000 documents", "ms", f.query.Seconds(), theirs.query.Seconds(), 1e3, 5)
}
