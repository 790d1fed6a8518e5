package firestore

import "time"

// housekeep does what no call does, until the server closes.
func (s *Server) housekeep() {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	expiry := time.NewTicker(s.api.options.TTLEvery)
	defer expiry.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-second.C:
			s.api.each("housekeep", (*database).housekeep)
		case <-expiry.C:
			s.api.each("delete expired documents", s.api.expire)
		}
	}
}

// each calls f for every database and logs what goes wrong.
func (a *api) each(what string, f func(*database) error) {
	for _, d := range a.all() {
		if err := f(d); err != nil {
			a.options.Logger.Error(what, "database", d.name, "error", err)
		}
	}
}
