package intake

import (
	"slices"

	"lastmile/shared/event"
	"lastmile/shared/track"
)

// A message is a few hundred kilobytes at the most: far from what Pub/Sub takes,
// and quick to handle.
const (
	maxPositions  = 4000
	maxTrailBytes = 256 << 10
)

// messages returns what tells the database of positions and pieces: for each
// shard of couriers one event, or several if it is a lot.
func messages(positions []track.Fix, pieces []track.Piece) []event.Event {
	var fixes [track.Shards][]event.LocationFix
	for _, f := range positions {
		s := f.Courier.Shard(track.Shards)
		fixes[s] = append(fixes[s], event.LocationFix{
			Courier: string(f.Courier), At: f.At, Seq: f.Seq, Lat: f.Lat, Lng: f.Lng,
			Accuracy: f.Accuracy, Speed: f.Speed, Heading: f.Heading,
		})
	}
	var trails [track.Shards][]event.LocationTrail
	for _, p := range pieces {
		s := p.Courier.Shard(track.Shards)
		trails[s] = append(trails[s], event.LocationTrail{Order: string(p.Order), Courier: string(p.Courier), Points: p.Trail.Pack()})
	}
	var events []event.Event
	for s := range track.Shards {
		events = append(events, shardMessages(s, fixes[s], trails[s])...)
	}
	return events
}

func shardMessages(shard int, fixes []event.LocationFix, trails []event.LocationTrail) []event.Event {
	var events []event.Event
	current := &event.LocationBatch{Shard: shard}
	size := 0
	next := func() {
		if len(current.Positions)+len(current.Trails) > 0 {
			events = append(events, current)
		}
		current, size = &event.LocationBatch{Shard: shard}, 0
	}
	for chunk := range slices.Chunk(fixes, maxPositions) {
		next()
		current.Positions = chunk
	}
	for _, t := range trails {
		if size += len(t.Points); size > maxTrailBytes {
			next()
			size = len(t.Points)
		}
		current.Trails = append(current.Trails, t)
	}
	next()
	return events
}
