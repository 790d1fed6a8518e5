package dispatch

import (
	"cmp"
	"errors"
	"fmt"
	"math"
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

// Settings are how a zone's orders get their couriers. Those that may be left out
// have their defaults then.
type Settings struct {
	Mode Mode `json:"mode" firestore:"mode" enum:"order,zone" doc:"one round for each order, or one for the whole zone every few seconds"`

	EverySeconds int `json:"everySeconds" firestore:"every" minimum:"5" maximum:"60" doc:"between two rounds"`
	OfferSeconds int `json:"offerSeconds" firestore:"offer" minimum:"5" maximum:"300" doc:"how long an offer stands"`
	LeadSeconds  int `json:"leadSeconds" firestore:"lead" minimum:"1" maximum:"600" doc:"how much sooner than needed couriers are asked"`
	Broadcast    int `json:"broadcast" firestore:"broadcast" minimum:"1" maximum:"10" doc:"how many couriers are asked at once at the most"`
	Bundle       int `json:"bundle" firestore:"bundle" minimum:"1" maximum:"5" doc:"how many orders one trip carries at the most"`
	AheadMins    int `json:"aheadMinutes,omitempty" firestore:"ahead" minimum:"1" maximum:"60" doc:"a zone's rounds expect orders of so long ago to come again"`
	SoonMins     int `json:"soonMinutes,omitempty" firestore:"soon" minimum:"1" maximum:"120" doc:"how far ahead busy couriers are counted on"`
	TargetMins   int `json:"targetMinutes" firestore:"target" minimum:"5" maximum:"240" doc:"from placing an order to its door"`
	LongestMins  int `json:"longestMinutes,omitempty" firestore:"longest" minimum:"5" maximum:"480" doc:"from placing an order to its door, past which it is not delivered at all"`
	StallMins    int `json:"stallMinutes" firestore:"stall" minimum:"1" maximum:"240" doc:"after the expected pickup, until the order is given to another"`

	CourierTime   int `json:"courierTimePercent,omitempty" firestore:"courier_time" minimum:"1" maximum:"100" doc:"what a minute of a courier's time is worth, beside a minute of an order's delay"`
	Lateness      int `json:"latenessPercent,omitempty" firestore:"lateness" minimum:"1" maximum:"1000" doc:"what a minute past the target costs on top, beside a minute of delay"`
	Foresight     int `json:"foresightPercent,omitempty" firestore:"foresight" minimum:"1" maximum:"100" doc:"what a minute of an expected order's delay is worth, beside one of an order that is there"`
	AtShopSeconds int `json:"atShopSeconds,omitempty" firestore:"at_shop" minimum:"1" maximum:"1800" doc:"to park, walk and take the order over"`
	AtDoorSeconds int `json:"atDoorSeconds,omitempty" firestore:"at_door" minimum:"1" maximum:"1800" doc:"to park, walk and hand the order over"`
	StaleSeconds  int `json:"staleSeconds,omitempty" firestore:"stale" minimum:"5" maximum:"3600" doc:"the age at which a courier's position says nothing any more"`
	AskAgainMins  int `json:"askAgainMinutes,omitempty" firestore:"ask_again" minimum:"1" maximum:"10080" doc:"until a courier who refused an order is asked for it again"`

	Rings      []int `json:"ringsMetres" firestore:"rings" minItems:"1" maxItems:"10" doc:"how far away couriers are looked for: each round that finds nobody goes one further"`
	Candidates int   `json:"candidates" firestore:"candidates" minimum:"1" maximum:"1000" doc:"how many couriers a round looks at at the most"`
	Rounds     int   `json:"rounds" firestore:"rounds" minimum:"1" maximum:"1000" doc:"after so many the order is unassigned"`
}

// Standard returns the settings of a zone that has none of its own: those that
// the engine has by default.
func Standard() Settings {
	c := assign.Default()
	return Settings{
		Mode: EachOrder, EverySeconds: seconds(c.Every), OfferSeconds: seconds(c.OfferFor), LeadSeconds: seconds(c.Lead),
		Broadcast: c.Broadcast, Bundle: c.Bundle, AheadMins: minutes(c.Ahead), SoonMins: minutes(c.Soon),
		TargetMins: minutes(c.Target), LongestMins: minutes(c.Longest), StallMins: 10,
		CourierTime: percent(c.CourierTime), Lateness: percent(c.Lateness), Foresight: percent(c.Foresight),
		AtShopSeconds: seconds(c.AtShop), AtDoorSeconds: seconds(c.AtDoor), StaleSeconds: seconds(c.Stale), AskAgainMins: minutes(c.AskAgain),
		Rings: []int{1500, 3000, 6000, 12000}, Candidates: 50, Rounds: 40,
	}
}

func seconds(d time.Duration) int { return int(d / time.Second) }

func minutes(d time.Duration) int { return int(d / time.Minute) }

func percent(share float64) int { return int(math.Round(100 * share)) }

// Engine returns what the engine needs to know of s, whose version names its
// decisions.
func (s Settings) Engine(version int) assign.Config {
	return assign.Config{
		Version:     version,
		Every:       time.Duration(s.EverySeconds) * time.Second,
		OfferFor:    time.Duration(s.OfferSeconds) * time.Second,
		Lead:        time.Duration(s.LeadSeconds) * time.Second,
		Broadcast:   s.Broadcast,
		Bundle:      s.Bundle,
		CourierTime: float64(s.CourierTime) / 100,
		Ahead:       time.Duration(s.AheadMins) * time.Minute,
		Foresight:   float64(s.Foresight) / 100,
		Soon:        time.Duration(s.SoonMins) * time.Minute,
		Target:      time.Duration(s.TargetMins) * time.Minute,
		Lateness:    float64(s.Lateness) / 100,
		Longest:     time.Duration(s.LongestMins) * time.Minute,
		AtShop:      time.Duration(s.AtShopSeconds) * time.Second,
		AtDoor:      time.Duration(s.AtDoorSeconds) * time.Second,
		Stale:       time.Duration(s.StaleSeconds) * time.Second,
		AskAgain:    time.Duration(s.AskAgainMins) * time.Minute,
	}
}

// Filled returns s with the defaults of what was left out.
func (s Settings) Filled() Settings {
	d := Standard()
	s.AheadMins, s.SoonMins, s.LongestMins = cmp.Or(s.AheadMins, d.AheadMins), cmp.Or(s.SoonMins, d.SoonMins), cmp.Or(s.LongestMins, max(d.LongestMins, s.TargetMins))
	s.CourierTime, s.Lateness, s.Foresight = cmp.Or(s.CourierTime, d.CourierTime), cmp.Or(s.Lateness, d.Lateness), cmp.Or(s.Foresight, d.Foresight)
	s.AtShopSeconds, s.AtDoorSeconds = cmp.Or(s.AtShopSeconds, d.AtShopSeconds), cmp.Or(s.AtDoorSeconds, d.AtDoorSeconds)
	s.StaleSeconds, s.AskAgainMins = cmp.Or(s.StaleSeconds, d.StaleSeconds), cmp.Or(s.AskAgainMins, d.AskAgainMins)
	return s
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
	within("aheadMinutes", s.AheadMins, 1, 60)
	within("soonMinutes", s.SoonMins, 1, 120)
	within("targetMinutes", s.TargetMins, 5, 240)
	within("longestMinutes", s.LongestMins, s.TargetMins, 480)
	within("stallMinutes", s.StallMins, 1, 240)
	within("courierTimePercent", s.CourierTime, 1, 100)
	within("latenessPercent", s.Lateness, 1, 1000)
	within("foresightPercent", s.Foresight, 1, 100)
	within("atShopSeconds", s.AtShopSeconds, 1, 1800)
	within("atDoorSeconds", s.AtDoorSeconds, 1, 1800)
	within("staleSeconds", s.StaleSeconds, 5, 3600)
	within("askAgainMinutes", s.AskAgainMins, 1, 10080)
	within("the number of ringsMetres", len(s.Rings), 1, 10)
	for i, r := range s.Rings {
		within(fmt.Sprintf("ringsMetres[%d]", i), r, 100, 100_000)
	}
	within("candidates", s.Candidates, 1, 1000)
	within("rounds", s.Rounds, 1, 1000)
	return errors.Join(errs...)
}
