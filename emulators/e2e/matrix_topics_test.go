package e2e_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastmile/gateway/server"
	"lastmile/shared/auth"
	"lastmile/shared/realtime"
)

// topics is who may watch what on a socket; the words are those of matrix.
const topics = `
topic              customer courier merchant service operator nobody
order:{order}      own      own     own      -       all      -
courier:{courier}  -        own     -        -       all      -
shop:{shop}        -        -       own      -       all      -
market:{shop}      all      -       -        -       all      -
customer:{id}      -        -       -        -       all      -
zone:{zone}        -        -       -        -       all      -
campaign:{id}      -        -       -        -       all      -
job:{id}           -        -       -        -       all      -
operator:{id}      -        -       -        -       all      -
everything:*       -        -       -        -       all      -
`

func TestEveryTopicIsForThoseWhomTheMatrixNames(t *testing.T) {
	w := openMatrix(t)
	owners := server.NewOwners(auth.Standard(nil), w.db)
	for _, r := range parse(t, topics) {
		t.Run(r.name, func(t *testing.T) {
			for _, who := range callers() {
				watch := func(whose side) error {
					topic, err := realtime.ParseTopic(w.fill(r.name, "", who, whose))
					require.NoError(t, err)
					return owners.MayWatch(t.Context(), w.identity(who), topic)
				}
				if r.cells[who].reach == "all" {
					require.NoError(t, watch(theirs), who)
					continue
				}
				require.Equal(t, server.ErrForbidden, watch(theirs), "%s %s", who, r.name)
				require.Equal(t, server.ErrForbidden, watch(missing), "%s %s", who, r.name)
				if r.cells[who].reach == "own" {
					require.NoError(t, watch(own), who)
				}
			}
		})
	}
}

// identity is a caller at the gateway.
func (w *matrixWorld) identity(who auth.Entity) server.Identity {
	if who == "" {
		return server.Identity{}
	}
	c := auth.Caller{Entity: who, ID: strings.TrimPrefix(w.caller(who), string(who)+":")}
	if who == auth.Merchant {
		c.Shops = []string{"bakery"}
	}
	return server.Identity{Client: realtime.Client(string(who), c.ID), Caller: c}
}
