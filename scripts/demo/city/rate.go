package city

import (
	"fmt"
	"strconv"
	"strings"
)

// Rate is how often something happens a second. It is a flag, like 20/s or 90/m.
type Rate float64

// String implements [flag.Value].
func (r *Rate) String() string { return strconv.FormatFloat(float64(*r), 'g', -1, 64) + "/s" }

// Set implements [flag.Value].
func (r *Rate) Set(text string) error {
	number, unit, _ := strings.Cut(text, "/")
	n, err := strconv.ParseFloat(number, 64)
	per, ok := map[string]float64{"": 1, "s": 1, "m": 60, "h": 3600}[unit]
	if err != nil || !ok || n < 0 || n > 10_000 {
		return fmt.Errorf("%q is no rate: use one like 20/s or 90/m", text)
	}
	*r = Rate(n / per)
	return nil
}
