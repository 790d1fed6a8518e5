// Command roadgraph prepares the roads of an OpenStreetMap extract for
// functions/distance.
//
//	go run ./scripts/roadgraph city.osm.pbf city.road
//	go run ./scripts/roadgraph -vehicle bicycle city.osm.pbf city.road
//	go run ./scripts/roadgraph -generate 100000 city.osm.pbf
//
// The last makes an extract of a city that does not exist, of about so many
// nodes.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"time"

	"lastmile/shared/road"
	"lastmile/shared/road/city"
	"lastmile/shared/road/network"
	"lastmile/shared/road/profile"
	"lastmile/shared/road/roadfile"
)

func main() {
	vehicle := flag.String("vehicle", "car", "car, moped, bicycle, foot or simple")
	shortest := flag.Bool("shortest", false, "length counts before time")
	nodes := flag.Int("generate", 0, "make an extract of so many nodes instead")
	seed := flag.Uint64("seed", 1, "of the generated city")
	flag.Parse()
	var err error
	switch {
	case *nodes > 0 && flag.NArg() == 1:
		err = generate(flag.Arg(0), city.Options{Nodes: *nodes, Seed: *seed})
	case *nodes == 0 && flag.NArg() == 2:
		err = prepare(flag.Arg(0), flag.Arg(1), *vehicle, *shortest)
	default:
		flag.Usage()
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func generate(path string, o city.Options) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("generate a city: %w", err)
	}
	out := bufio.NewWriter(f)
	err = city.Write(out, o)
	if err == nil {
		err = out.Flush()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

func prepare(from, to, vehicle string, shortest bool) error {
	p, err := profile.Named(vehicle)
	if err != nil {
		return err
	}
	began := time.Now()
	n, err := network.Build(roadfile.Extract(from), p)
	if err != nil {
		return fmt.Errorf("import %s: %w", from, err)
	}
	imported := time.Now()
	m, err := road.Prepare(n, p, road.Options{Shortest: shortest})
	if err != nil {
		return fmt.Errorf("prepare %s: %w", from, err)
	}
	points, arcs := m.Size()
	fmt.Printf("%s, %d points, %d arcs; import %.1f s, prepare %.1f s\n", vehicle, points, arcs,
		imported.Sub(began).Seconds(), time.Since(imported).Seconds())
	return roadfile.Write(to, m)
}
