package conformance_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/stretchr/testify/require"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	emulator "lastmile/emulators/firestore"
	"lastmile/emulators/google"
)

// firestoreCase is one promise of Firestore.
type firestoreCase = googleCase[*firestoreDB]

// firestoreDB is an empty database, reached by the official client and by the
// bare protocol.
type firestoreDB struct {
	*firestore.Client
	rpc  pb.FirestoreClient
	path string // projects/…/databases/(default)
}

func TestFirestore(t *testing.T) {
	onBoth(t, slices.Concat(firestoreDocumentCases, firestoreQueryCases, firestoreTxnCases, firestoreListenCases),
		firestoreOurs, firestoreGoogle, firestoreOpen)
}

func firestoreOurs(t *testing.T) string {
	srv, err := emulator.Start(emulator.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, srv.Close()) })
	return srv.Addr()
}

func firestoreGoogle(t *testing.T) string {
	addr := googles(t, "LASTMILE_CONFORMANCE_FIRESTORE", google.Firestore)
	firestoreAwait(t, addr)
	return addr
}

// firestoreAwait returns when the server at addr answers.
func firestoreAwait(t *testing.T, addr string) {
	db := firestoreOpen(t, addr)
	require.Eventually(t, func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := db.Doc("a/b").Get(ctx)
		return status.Code(err) == codes.NotFound
	}, time.Minute, 50*time.Millisecond)
}

var firestoreSerial atomic.Int64

// firestoreOpen returns a database that belongs to the test alone.
func firestoreOpen(t *testing.T, addr string) *firestoreDB {
	project := fmt.Sprintf("case-%d-%d", time.Now().UnixNano(), firestoreSerial.Add(1))
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithPerRPCCredentials(owner{}))
	require.NoError(t, err)
	client, err := firestore.NewClient(t.Context(), project, option.WithGRPCConn(conn))
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return &firestoreDB{Client: client, rpc: pb.NewFirestoreClient(conn), path: "projects/" + project + "/databases/(default)"}
}

// owner is the credential with which Google's emulator skips security rules.
type owner struct{}

func (owner) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer owner"}, nil
}

func (owner) RequireTransportSecurity() bool { return false }

// context carries the routing header that the official client sends.
func (db *firestoreDB) context(t *testing.T) context.Context {
	return metadata.AppendToOutgoingContext(t.Context(), "google-cloud-resource-prefix", db.path)
}

// doc is the full name of a document.
func (db *firestoreDB) doc(path string) string { return db.path + "/documents/" + path }

type fields = map[string]any

// set stores documents by path.
func (db *firestoreDB) set(t *testing.T, docs map[string]fields) {
	t.Helper()
	for path, f := range docs {
		_, err := db.Doc(path).Set(t.Context(), f)
		require.NoError(t, err)
	}
}

// data reads a document's fields.
func (db *firestoreDB) data(t *testing.T, path string) fields {
	t.Helper()
	snap, err := db.Doc(path).Get(t.Context())
	require.NoError(t, err)
	return snap.Data()
}

// ids runs a query.
func ids(t *testing.T, q firestore.Query) []string {
	t.Helper()
	snaps, err := q.Documents(t.Context()).GetAll()
	require.NoError(t, err)
	ids := []string{}
	for _, s := range snaps {
		ids = append(ids, s.Ref.ID)
	}
	return ids
}

// refused checks a refusal's code and a part of its message.
func refused(t *testing.T, err error, code codes.Code, part string) {
	t.Helper()
	require.Equal(t, code, status.Code(err), "%v", err)
	require.Contains(t, status.Convert(err).Message(), part)
}
