// Command dispatchsim lets the assignment engine of shared/assign dispatch
// simulated days: it reads rounds on standard input and answers each with
// offers, one JSON object a line, in the protocol of a judge that owns time,
// positions and the behaviour of couriers.
//
//	go build -o /tmp/dispatchsim ./scripts/dispatchsim
//	judge -mode obedient -travel ceil-second -policy exec:/tmp/dispatchsim
//	judge -mode gig -period 15 -policy "exec:/tmp/dispatchsim -gig"
//
// A first line of type "start" tells the speed and the service times of the day;
// each of type "decide" is one round. With -gig, couriers may refuse: offers go
// out sooner, and to more than one where acceptance is uncertain. Other flags
// override settings of the engine, to try what they do.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"lastmile/shared/assign"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	config, err := parse(args)
	if err != nil {
		return err
	}
	s := &simulation{config: config}
	lines := bufio.NewReaderSize(in, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		answer, err := s.hear(line)
		if err != nil {
			return err
		}
		if _, err := out.Write(answer); err != nil {
			return err
		}
	}
}

// parse reads the settings of the engine from the command line.
func parse(args []string) (assign.Config, error) {
	config := assign.Default()
	flags := flag.NewFlagSet("dispatchsim", flag.ContinueOnError)
	gig := flags.Bool("gig", false, "couriers may refuse an offer")
	changes := flags.String("config", "{}", "settings of the engine to override, as JSON")
	if err := flags.Parse(args); err != nil {
		return config, err
	}
	if !*gig {
		config.Lead, config.Broadcast = time.Second, 1
	}
	if err := json.Unmarshal([]byte(*changes), &config); err != nil {
		return config, fmt.Errorf("-config: %w", err)
	}
	return config, nil
}
