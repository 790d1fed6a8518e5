package realtime

import (
	"crypto/rand"
	"strconv"
)

// partitions is fixed for the life of the data: a name's keys share the tag of
// its partition, so that one script may touch them all on a cluster.
const partitions = 64

// keyspace names the keys; prefix is "rt:" but in tests that share a Redis.
type keyspace struct{ prefix string }

func partition(a Audience) int {
	h := uint32(2166136261)
	for i := range len(a) {
		h = (h ^ uint32(a[i])) * 16777619
	}
	return int(h % partitions)
}

func (k keyspace) in(p int, kind, name string) string {
	return k.prefix + "{" + strconv.Itoa(p) + "}:" + kind + name
}

func (k keyspace) session(a Audience) string  { return k.in(partition(a), "s:", string(a)) }
func (k keyspace) log(a Audience) string      { return k.in(partition(a), "l:", string(a)) }
func (k keyspace) presence(a Audience) string { return k.in(partition(a), "p:", string(a)) }
func (k keyspace) due(p int) string           { return k.in(p, "due", "") }

// seen remembers that an event with an id of the publisher was numbered.
func (k keyspace) seen(a Audience, id string) string {
	return k.in(partition(a), "o:", string(a)+"|"+id)
}

// held is the set of audiences of a partition that an instance holds.
func (k keyspace) held(p int, instance string) string { return k.in(p, "i:", instance) }

// fence keeps an instance that is no more from entering a partition: what it had
// under way may arrive long after its end.
func (k keyspace) fence(p int, instance string) string { return k.in(p, "f:", instance) }

// live and dead are the leases of instances, and those whose clean-up is claimed.
func (k keyspace) live() string     { return k.prefix + "{insts}:live" }
func (k keyspace) dead() string     { return k.prefix + "{insts}:dead" }
func (k keyspace) revision() string { return k.prefix + "{insts}:revision" }

// newName returns a name that nobody else has.
func newName() string { return rand.Text()[:16] }
