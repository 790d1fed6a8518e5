package push

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"lastmile/shared/docs"
	"lastmile/shared/event"
	"lastmile/shared/logs"
	"lastmile/shared/realtime"
)

// Device is where an app of a client runs.
type Device struct {
	ID       string      `json:"id" firestore:"id"` // follows from the token, and does not tell it
	Client   string      `json:"client" firestore:"client"`
	Platform string      `json:"platform" firestore:"platform" enum:"android,ios,web"`
	Seen     time.Time   `json:"seen" firestore:"seen"` // when the app last registered it
	Token    logs.Secret `json:"-" firestore:"token"`
	Expires  time.Time   `json:"-" firestore:"expires"`
}

const (
	maxDevices = 10                  // of one client; a new one takes the place of the one not seen for longest
	maxToken   = 4096                // bytes
	deviceKept = 60 * 24 * time.Hour // without being registered anew: apps do so whenever they start
)

func (p *Pusher) devices() docs.Collection[Device] { return docs.In[Device](p.db, "devices") }

// Register makes a device the client's. A token that was another client's is not
// any more: whoever signed in last on a device gets what is pushed there.
func (p *Pusher) Register(ctx context.Context, client realtime.Audience, token, platform string) (Device, error) {
	if token == "" || len(token) > maxToken {
		return Device{}, fmt.Errorf("%w: token must have 1 to %d bytes", ErrInvalid, maxToken)
	}
	now := p.now()
	d := Device{
		ID: string(event.DeriveID("device", token)), Client: client.Name(), Platform: platform, Token: logs.Secret(token),
		Seen: now, Expires: now.Add(deviceKept),
	}
	others, err := p.Devices(ctx, client)
	if err != nil {
		return Device{}, fmt.Errorf("register a device: %w", err)
	}
	others = slices.DeleteFunc(others, func(o Device) bool { return o.ID == d.ID })
	writes := []docs.Write{p.devices().Set(d.ID, d)}
	for _, o := range others[min(len(others), maxDevices-1):] {
		writes = append(writes, p.devices().Delete(o.ID))
	}
	if err := p.db.Commit(ctx, writes...); err != nil {
		return Device{}, fmt.Errorf("register a device: %w", err)
	}
	return d, nil
}

// Remove forgets a device of the client, and reports whether there was one.
func (p *Pusher) Remove(ctx context.Context, client realtime.Audience, id string) (bool, error) {
	l := p.devices().Lookup(id)
	if err := p.db.Fetch(ctx, l); err != nil {
		return false, fmt.Errorf("remove device %s: %w", id, err)
	}
	if !l.Exists || l.Data.Client != client.Name() {
		return false, nil
	}
	if err := p.db.Commit(ctx, p.devices().Delete(id)); err != nil {
		return false, fmt.Errorf("remove device %s: %w", id, err)
	}
	return true, nil
}

// Devices returns the client's devices, the one seen last first.
func (p *Pusher) Devices(ctx context.Context, client realtime.Audience) ([]Device, error) {
	found, err := p.devices().Where("client", "==", client.Name()).Limit(2 * maxDevices).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("devices of %s: %w", client.Name(), err)
	}
	var devices []Device
	for _, d := range found {
		if d.Data.Expires.After(p.now()) {
			devices = append(devices, d.Data)
		}
	}
	slices.SortFunc(devices, func(a, b Device) int { return cmp.Or(b.Seen.Compare(a.Seen), cmp.Compare(a.ID, b.ID)) })
	return devices, nil
}
