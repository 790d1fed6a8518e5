package dispatch

import (
	"errors"
	"fmt"
	"time"

	"lastmile/shared/assign"
)

// Mode is how a zone's rounds are made.
type Mode string

// The modes.
const (
	EachOrder Mode = "order" // a round for each order, when it is due
	WholeZone Mode = "zone"  // a round for all that wait, every few seconds
)

// Settings are how a zone's orders get their couriers.
type Settings struct {
	Mode Mode `json:"mode" firestore:"mode" enum:"order,zone" doc:"one round for each order, or one for the whole zone every few seconds"`

	EverySeconds int `json:"everySeconds" firestore:"every" minimum:"5" maximum:"60" doc:"between two rounds"`
	OfferSeconds int `json:"offerSeconds" firestore:"offer" minimum:"5" maximum:"300" doc:"how long an offer stands"`
	LeadSeconds  int `json:"leadSeconds" firestore:"lead" minimum:"1" maximum:"600" doc:"how much sooner than needed couriers are asked"`
	Broadcast    int `json:"broadcast" firestore:"broadcast" minimum:"1" maximum:"10" doc:"how many couriers are asked at once at the most"`
	Bundle       int `json:"bundle" firestore:"bundle" minimum:"1" maximum:"5" doc:"how many orders one trip carries at the most"`
	TargetMins   int `json:"targetMinutes" firestore:"target" minimum:"5" maximum:"240" doc:"from placing an order to its door"`
	StallMins    int `json:"stallMinutes" firestore:"stall" minimum:"1" maximum:"240" doc:"after the expected pickup, until the order is given to another"`

	Rings      []int `json:"ringsMetres" firestore:"rings" minItems:"1" maxItems:"10" doc:"how far away couriers are looked for: each round that finds nobody goes one further"`
	Candidates int   `json:"candidates" firestore:"candidates" minimum:"1" maximum:"1000" doc:"how many couriers a round looks at at the most"`
	Rounds     int   `json:"rounds" firestore:"rounds" minimum:"1" maximum:"1000" doc:"after so many the order is unassigned"`
}

// Standard returns the settings of a zone that has none of its own.
func Standard() Settings {
	return Settings{
		Mode: EachOrder, EverySeconds: 15, OfferSeconds: 30, LeadSeconds: 30, Broadcast: 3, Bundle: 3, TargetMins: 40, StallMins: 10,
		Rings: []int{1500, 3000, 6000, 12000}, Candidates: 50, Rounds: 40,
	}
}

// Engine returns what the engine needs to know of s, whose version names its
// decisions.
func (s Settings) Engine(version int) assign.Config {
	c := assign.Default()
	c.Version = version
	c.Every = time.Duration(s.EverySeconds) * time.Second
	c.OfferFor = time.Duration(s.OfferSeconds) * time.Second
	c.Lead = time.Duration(s.LeadSeconds) * time.Second
	c.Broadcast, c.Bundle = s.Broadcast, s.Bundle
	c.Target = time.Duration(s.TargetMins) * time.Minute
	return c
}

// Stalls is how long after the expected pickup an order may stand still.
func (s Settings) Stalls() time.Duration { return time.Duration(s.StallMins) * time.Minute }

// Ring is how far away couriers are looked for in a round, from 0.
func (s Settings) Ring(round int) int { return s.Rings[min(round, len(s.Rings)-1)] }

// ErrInvalid is the cause of every error of [Settings.Check].
var ErrInvalid = errors.New("invalid settings")

// Check returns all that makes no sense in s, each with its remedy.
func (s Settings) Check() error {
	var errs []error
	within := func(field string, value, least, most int) {
		if value < least || value > most {
			errs = append(errs, fmt.Errorf("%w: %s is %d, must be from %d to %d", ErrInvalid, field, value, least, most))
		}
	}
	if s.Mode != EachOrder && s.Mode != WholeZone {
		errs = append(errs, fmt.Errorf("%w: mode is %q, must be order or zone", ErrInvalid, s.Mode))
	}
	within("everySeconds", s.EverySeconds, 5, 60)
	within("offerSeconds", s.OfferSeconds, 5, 300)
	within("leadSeconds", s.LeadSeconds, 1, 600)
	within("broadcast", s.Broadcast, 1, 10)
	within("bundle", s.Bundle, 1, 5)
	within("targetMinutes", s.TargetMins, 5, 240)
	within("stallMinutes", s.StallMins, 1, 240)
	within("the number of ringsMetres", len(s.Rings), 1, 10)
	for i, r := range s.Rings {
		within(fmt.Sprintf("ringsMetres[%d]", i), r, 100, 100_000)
	}
	within("candidates", s.Candidates, 1, 1000)
	within("rounds", s.Rounds, 1, 1000)
	return errors.Join(errs...)
}
