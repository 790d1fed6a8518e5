// Command rollout brings new images to a project's services, and takes them back.
//
//	rollout deploy   -project P -region R -functions IMAGE -gateway IMAGE -tag c-1a2b3c
//	rollout smoke    -project P -region R -functions IMAGE -tag c-1a2b3c
//	rollout promote  -project P -region R -tag c-1a2b3c
//	rollout rollback -project P -region R
//	rollout reland   -project P -region R
//
// Deploy makes a revision of every service that gets no traffic, smoke calls each
// at its own address, and promote moves traffic to them by percent, as long as
// they answer without errors; the gateway goes last and in one step, because its
// clients move by themselves. Rollback gives all traffic back to what was live
// before, and reland takes that back.
//
// Which services there are says terraform/topology.json. Everything is done by
// gcloud, which must be signed in.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], gcloud{log: os.Stderr}); err != nil {
		fmt.Fprintln(os.Stderr, "rollout:", err)
		os.Exit(1)
	}
}

// verbs are what can be done.
var verbs = map[string]func(*rollout, context.Context) error{
	"deploy":   (*rollout).deploy,
	"smoke":    (*rollout).smoke,
	"promote":  (*rollout).promote,
	"rollback": func(r *rollout, ctx context.Context) error { return r.give(ctx, previous) },
	"reland":   func(r *rollout, ctx context.Context) error { return r.give(ctx, live) },
}

func run(ctx context.Context, args []string, c command) error {
	verb := ""
	if len(args) > 0 {
		verb, args = args[0], args[1:]
	}
	do := verbs[verb]
	if do == nil {
		return fmt.Errorf("%q is none of deploy, smoke, promote, rollback, reland", verb)
	}
	r := &rollout{gcloud: c}
	var topology, steps string
	flags := flag.NewFlagSet(verb, flag.ContinueOnError)
	flags.StringVar(&r.project, "project", "", "the project's id")
	flags.StringVar(&r.region, "region", "", "the services' region")
	flags.StringVar(&r.images.functions, "functions", "", "the functions' image, by digest")
	flags.StringVar(&r.images.gateway, "gateway", "", "the gateway's image, by digest")
	flags.StringVar(&r.tag, "tag", "", "the name of these revisions, such as c-1a2b3c")
	flags.StringVar(&topology, "topology", "terraform/topology.json", "what services there are")
	flags.StringVar(&steps, "steps", "5,25,100", "percents of traffic on the way")
	flags.DurationVar(&r.watch, "watch", 2*time.Minute, "how long each step is watched")
	flags.IntVar(&r.errors, "errors", 5, "how many failed calls of new revisions end a promotion")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var err error
	if r.services, err = readServices(topology); err != nil {
		return err
	}
	if r.steps, err = percents(steps); err != nil {
		return err
	}
	if err := r.check(verb); err != nil {
		return err
	}
	return do(r, ctx)
}

func (r *rollout) check(verb string) error {
	var missing []string
	for flag, needed := range map[string]bool{
		"-project":   r.project == "",
		"-region":    r.region == "",
		"-functions": r.images.functions == "" && (verb == "deploy" || verb == "smoke"),
		"-gateway":   r.images.gateway == "" && verb == "deploy",
		"-tag":       r.tag == "" && (verb == "deploy" || verb == "smoke" || verb == "promote"),
	} {
		if needed {
			missing = append(missing, flag)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return fmt.Errorf("%s needs %s", verb, strings.Join(missing, ", "))
}

// percents reads growing percents that end with 100.
func percents(list string) (steps []int, err error) {
	last := 0
	for part := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n <= last || n > 100 {
			return nil, fmt.Errorf("-steps %q: percents must grow, up to 100", list)
		}
		steps, last = append(steps, n), n
	}
	if last != 100 {
		return nil, errors.New("-steps must end with 100")
	}
	return steps, nil
}
