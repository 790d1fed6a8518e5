package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"lastmile/emulators/firestore"
	"lastmile/emulators/pubsub"
	"lastmile/emulators/redis"
	"lastmile/emulators/tasks"
	"lastmile/functions/registry"
	"lastmile/scripts/demo/city"
)

// The arguments by which this program is one of the other processes, and the
// variable that says what city to be.
const (
	serviceChild = "services"
	cityChild    = "city"
	cityVariable = "SOAK_CITY"
)

// child is another process of this program. It ends when its input does.
type child struct {
	cmd   *exec.Cmd
	input io.Closer
}

func startChild(ctx context.Context, name string, environ ...string) (*child, *bufio.Scanner, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	c := &child{cmd: exec.CommandContext(ctx, self, name)}
	c.cmd.Env, c.cmd.Stderr = append(os.Environ(), environ...), os.Stderr
	c.cmd.Cancel = func() error { return c.cmd.Process.Signal(syscall.SIGTERM) }
	if c.input, err = c.cmd.StdinPipe(); err != nil {
		return nil, nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, nil, fmt.Errorf("start %s: %w", name, err)
	}
	return c, bufio.NewScanner(out), nil
}

func (c *child) end() {
	_ = c.input.Close()
	_ = c.cmd.Wait() // it was told to end
}

// parent returns a context that ends with this process's input.
func parent(ctx context.Context) context.Context {
	ctx, stop := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	return ctx
}

// startServices starts the process of the services, and returns the variables
// that lead to them.
func startServices(ctx context.Context) (*child, []string, error) {
	c, lines, err := startChild(ctx, serviceChild)
	if err != nil {
		return nil, nil, err
	}
	var environ []string
	for lines.Scan() && lines.Text() != "" {
		environ = append(environ, lines.Text())
	}
	if len(environ) == 0 {
		return nil, nil, errors.New("the services do not start")
	}
	return c, environ, nil
}

// serve is the process of the services.
func serve(ctx context.Context) error {
	indexes, err := json.Marshal(registry.Indexes())
	if err != nil {
		return err
	}
	db, err := firestore.Start(firestore.Options{Indexes: indexes})
	if err != nil {
		return err
	}
	defer db.Close()
	events, err := pubsub.Start(pubsub.Options{})
	if err != nil {
		return err
	}
	defer events.Close()
	timers, err := tasks.Start(tasks.Options{})
	if err != nil {
		return err
	}
	defer timers.Close()
	cache, err := redis.Start(redis.Options{})
	if err != nil {
		return err
	}
	defer cache.Close()
	fmt.Printf("FIRESTORE_EMULATOR_HOST=%s\nPUBSUB_EMULATOR_HOST=%s\nCLOUD_TASKS_EMULATOR_HOST=%s\nREDIS_ADDR=%s\n\n", db.Addr(), events.Addr(), timers.Addr(), cache.Addr())
	<-parent(ctx).Done()
	return nil
}

// startCity starts the process of the city, and passes on what it says.
func startCity(ctx context.Context, o city.Options) (*child, error) {
	settings, err := json.Marshal(cityOf{o.API, o.Issuer, o.Operator, o.Roads, o.Couriers, o.Shops, o.Orders, o.Speed})
	if err != nil {
		return nil, err
	}
	c, lines, err := startChild(ctx, cityChild, cityVariable+"="+string(settings))
	if err != nil {
		return nil, err
	}
	go func() {
		for lines.Scan() {
			if strings.Contains(lines.Text(), "couriers,") {
				fmt.Println(lines.Text())
			}
		}
	}()
	return c, nil
}

// cityOf is what the process of the city has to know.
type cityOf struct {
	API, Issuer, Operator, Roads string
	Couriers, Shops              int
	Orders, Speed                float64
}

// live is the process of the city.
func live(ctx context.Context, settings string) error {
	var c cityOf
	if err := json.Unmarshal([]byte(settings), &c); err != nil {
		return err
	}
	return city.Show(parent(ctx), city.Options{
		API: c.API, Issuer: c.Issuer, Operator: c.Operator, Roads: c.Roads,
		Couriers: c.Couriers, Shops: c.Shops, Orders: c.Orders, Speed: c.Speed, Seed: 1,
	}.Lively(), city.NewScreen(os.Stdout))
}
