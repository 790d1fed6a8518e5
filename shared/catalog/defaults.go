package catalog

import "cmp"

// WithDefaults returns s with every unset knob at its default. What only the
// operator can know (URLs, paths, names) stays as it is.
func (s Settings) WithDefaults() Settings {
	s.Paging = s.Paging.withDefaults()
	s.Fields.Price.Format = cmp.Or(s.Fields.Price.Format, DecimalString)
	if s.Fields.Availability.Path != "" && len(s.Fields.Availability.Truthy) == 0 {
		s.Fields.Availability.Truthy = []string{"true", "yes", "y", "1", "available", "in stock", "in_stock", "instock", "active"}
	}
	if s.Fields.Updated.Path != "" {
		s.Fields.Updated.Format = cmp.Or(s.Fields.Updated.Format, RFC3339)
	}
	s.Schedule.IntervalSeconds = cmp.Or(s.Schedule.IntervalSeconds, 15*60)
	s.Schedule.Zone = cmp.Or(s.Schedule.Zone, "UTC")
	s.Limits = s.Limits.withDefaults()
	return s
}

func (p Paging) withDefaults() Paging {
	p.Size = cmp.Or(p.Size, 100)
	switch p.Style {
	case ByOffset:
		p.Param = cmp.Or(p.Param, "offset")
	case ByPage:
		p.Param = cmp.Or(p.Param, "page")
	case ByCursor:
		p.Param = cmp.Or(p.Param, "cursor")
	case ByWindow:
		p.Windows = p.Windows.withDefaults()
		if p.CursorPath != "" {
			p.Param = cmp.Or(p.Param, "cursor")
		}
	}
	return p
}

func (w Spans) withDefaults() Spans {
	w.FromParam = cmp.Or(w.FromParam, "updated_from")
	w.ToParam = cmp.Or(w.ToParam, "updated_to")
	w.Format = cmp.Or(w.Format, RFC3339)
	w.StepSeconds = cmp.Or(w.StepSeconds, 24*3600)
	if w.Incremental {
		w.OverlapSeconds = cmp.Or(w.OverlapSeconds, 5*60)
		w.FullEverySeconds = cmp.Or(w.FullEverySeconds, 24*3600)
	}
	return w
}

func (l Limits) withDefaults() Limits {
	l.Parallelism = cmp.Or(l.Parallelism, 4)
	l.TimeoutSeconds = cmp.Or(l.TimeoutSeconds, 20)
	l.MaxResponseBytes = cmp.Or(l.MaxResponseBytes, 8<<20)
	l.Retries = cmp.Or(l.Retries, 4)
	return l
}
