package score

// The bounds of what is learnt. With fewer couriers than enough a zone stays
// cold; and one zone's strength differs from the cold one by a factor of four at
// the most, as it is the harder of the two to tell.
const (
	enough    = 20
	maxFactor = 4
	minMean   = 0.01
	minTrials = 1.0
)

// Learn returns what is usual where couriers have these counts, each its own;
// what cannot be told stays as in cold.
//
// Mean and strength are moment estimates, each courier weighing as much as is
// known of it: Kleinman, Proportions with extraneous variance: single and
// independent samples, J. Am. Stat. Assoc. 68 (1973). They take the counts
// undecayed, which vary as those of a binomial do.
func Learn(cold Each[Prior], couriers []Each[Counts]) Each[Prior] {
	learnt := cold
	for _, d := range All() {
		if p, ok := moments(couriers, d); ok {
			was := *cold.Of(d)
			p.Mean = min(max(p.Mean, minMean), 1-minMean)
			p.Strength = min(max(p.Strength, was.Strength/maxFactor), was.Strength*maxFactor)
			*learnt.Of(d) = p
		}
	}
	return learnt
}

// sample is what is known of one courier in a dimension.
type sample struct{ share, n float64 }

func samples(couriers []Each[Counts], d Dimension) (known []sample, total float64) {
	for i := range couriers {
		c := couriers[i].Of(d)
		if n := float64(c.Trials) / Unit; n >= minTrials {
			known = append(known, sample{float64(c.Good) / float64(c.Trials), n})
			total += n
		}
	}
	return known, total
}

// moments are Kleinman's estimates with the numbers of observations as weights.
func moments(couriers []Each[Counts], d Dimension) (Prior, bool) {
	known, total := samples(couriers, d)
	if len(known) < enough {
		return Prior{}, false
	}
	mean := 0.0
	for _, s := range known {
		mean += s.n / total * s.share
	}
	between, noise, spread := 0.0, 0.0, 0.0
	for _, s := range known {
		between += s.n * (s.share - mean) * (s.share - mean)
		noise += 1 - s.n/total
		spread += s.n * (1 - s.n/total)
	}
	usual := mean * (1 - mean)
	if usual <= 0 || spread <= noise {
		return Prior{}, false
	}
	alike := (between/usual - noise) / (spread - noise) // 1 / (strength + 1)
	if alike <= 0 {
		return Prior{Mean: mean, Strength: maxStrength}, true
	}
	return Prior{Mean: mean, Strength: max(1/alike-1, 0)}, true
}

// maxStrength is that of couriers who do not differ.
const maxStrength = 1e6
