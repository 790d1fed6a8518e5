package firestore_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"lastmile/emulators/firestore"
	"lastmile/emulators/firestore/internal/value/valuetest"
)

// childDir makes the test binary a server on that directory.
const childDir = "FIRESTORE_TEST_CHILD_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		writeUntilKilled(dir)
		return
	}
	os.Exit(m.Run())
}

// writeUntilKilled prints the number of every commit that was acknowledged.
func writeUntilKilled(dir string) {
	srv, err := firestore.Start(firestore.Options{Dir: dir})
	if err != nil {
		panic(err)
	}
	conn, err := grpc.NewClient(srv.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err)
	}
	rpc := pb.NewFirestoreClient(conn)
	acknowledged := make(chan int)
	for w := range 8 {
		go func() {
			for i := w; ; i += 8 {
				req := &pb.CommitRequest{Database: database, Writes: []*pb.Write{courier(i, 0), courier(-i-1, 0)}}
				if _, err := rpc.Commit(context.Background(), req); err != nil {
					panic(err)
				}
				acknowledged <- i
			}
		}()
	}
	for i := range acknowledged {
		fmt.Println(i)
	}
}

func TestKillingTheProcessLosesNoAcknowledgedCommit(t *testing.T) {
	dir := t.TempDir()
	var acknowledged []int
	for range 2 { // the second life starts from the first one's files
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childDir+"="+dir)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines := bufio.NewScanner(out)
		for range 300 {
			require.True(t, lines.Scan())
			n, err := strconv.Atoi(lines.Text())
			require.NoError(t, err)
			acknowledged = append(acknowledged, n)
		}
		require.NoError(t, cmd.Process.Kill())
		require.Error(t, cmd.Wait())
	}

	_, rpc := dial(t, firestore.Options{Dir: dir})
	for _, n := range acknowledged {
		for _, id := range []int{n, -n - 1} {
			_, err := rpc.GetDocument(t.Context(), &pb.GetDocumentRequest{Name: fmt.Sprint(root, "/couriers/", id)})
			require.NoError(t, err)
		}
	}
}

func TestARestartKeepsDocumentsAndTheirTimes(t *testing.T) {
	dir := t.TempDir()
	srv, err := firestore.Start(firestore.Options{Dir: dir})
	require.NoError(t, err)
	rpc := connect(t, srv)
	_, err = rpc.Commit(t.Context(), &pb.CommitRequest{Database: database, Writes: []*pb.Write{courier(1, 0), courier(2, 0)}})
	require.NoError(t, err)
	_, err = rpc.Commit(t.Context(), &pb.CommitRequest{Database: database, Writes: []*pb.Write{
		courier(1, 1), {Operation: &pb.Write_Delete{Delete: root + "/couriers/2"}},
	}})
	require.NoError(t, err)
	before, err := rpc.GetDocument(t.Context(), &pb.GetDocumentRequest{Name: root + "/couriers/1"})
	require.NoError(t, err)
	require.NoError(t, srv.Close())

	srv, rpc = dial(t, firestore.Options{Dir: dir})
	after, err := rpc.GetDocument(t.Context(), &pb.GetDocumentRequest{Name: root + "/couriers/1"})
	require.NoError(t, err)
	require.Equal(t, before.String(), after.String())
	require.Equal(t, 1, srv.Stats().Documents)
}

func TestALogThatHasGrownIsReplacedByASnapshot(t *testing.T) {
	dir := t.TempDir()
	srv, rpc := dial(t, firestore.Options{Dir: dir})
	blob := valuetest.Bytes(make([]byte, 1_000_000))
	for i := range 80 {
		_, err := rpc.Commit(t.Context(), &pb.CommitRequest{Database: database, Writes: []*pb.Write{
			courier(i, 0),
			{Operation: &pb.Write_Update{Update: &pb.Document{Name: root + "/blobs/b", Fields: map[string]*pb.Value{"blob": blob, "i": valuetest.Int(int64(i))}}}},
		}})
		require.NoError(t, err)
	}
	files := filepath.Join(dir, filepath.FromSlash(database), "*")
	require.Eventually(t, func() bool {
		names, err := filepath.Glob(files)
		return err == nil && size(names) < 40_000_000
	}, 30*time.Second, 10*time.Millisecond)
	require.Equal(t, 81, srv.Stats().Documents)
}

// size adds up files; one that is just being replaced counts nothing.
func size(paths []string) (sum int64) {
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil {
			sum += info.Size()
		}
	}
	return sum
}

func TestADamagedDirectoryIsNamed(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "projects", "p", "databases", "d")
	require.NoError(t, os.MkdirAll(filepath.Join(broken, "snapshot-00000001"), 0o750))
	_, err := firestore.Start(firestore.Options{Dir: dir})
	require.ErrorContains(t, err, "projects/p/databases/d")
}
