package bulk

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// maxAmount bounds prices in minor units, and stocks.
const maxAmount = 1_000_000_000_000

var (
	errTooMuch  = fmt.Errorf("would be more than %d", int64(maxAmount))
	errNegative = errors.New("would be negative")
)

// price sets or changes prices in minor units, or by percent.
func price(p Params) (Change, error) {
	change, err := exactlyOne(p, map[string]func(string) (func(int64) (int64, error), error){
		"set": set, "delta": delta, "percent": percent,
	})
	if err != nil {
		return nil, err
	}
	currency, fixed := p["currency"]
	if fixed && len(currency) != 3 {
		return nil, &ParamError{"currency", fmt.Sprintf("is %q", currency), "use an ISO 4217 code like EUR, or leave it out"}
	}
	return func(i Item) (Item, error) {
		if fixed && i.Price.Currency != currency {
			return i, fmt.Errorf("price is in %s, not in %s", i.Price.Currency, currency)
		}
		n, err := change(i.Price.Amount)
		if err != nil {
			return i, fmt.Errorf("price %w", err)
		}
		i.Price.Amount = n
		return i, nil
	}, nil
}

// stock sets or changes stocks. A change of a stock that nobody knows is
// refused.
func stock(p Params) (Change, error) {
	change, err := exactlyOne(p, map[string]func(string) (func(int64) (int64, error), error){
		"set": set, "delta": delta,
	})
	if err != nil {
		return nil, err
	}
	_, sets := p["set"]
	return func(i Item) (Item, error) {
		if !sets && !i.StockKnown {
			return i, errors.New("stock is not known: set it first")
		}
		n, err := change(i.Stock)
		if err != nil {
			return i, fmt.Errorf("stock %w", err)
		}
		i.Stock, i.StockKnown = n, true
		return i, nil
	}, nil
}

// availability says whether items can be ordered.
func availability(p Params) (Change, error) {
	available, err := strconv.ParseBool(p["available"])
	if err != nil {
		return nil, &ParamError{"available", fmt.Sprintf("is %q", p["available"]), "use true or false"}
	}
	return func(i Item) (Item, error) {
		i.Available = available
		return i, nil
	}, nil
}

// exactlyOne parses the only one of the alternatives that p names.
func exactlyOne[T any](p Params, alternatives map[string]func(string) (T, error)) (T, error) {
	var zero T
	var found []string
	for name := range alternatives {
		if _, ok := p[name]; ok {
			found = append(found, name)
		}
	}
	if len(found) != 1 {
		return zero, &ParamError{"set", "is one of several ways to say it", "give exactly one, not " + strconv.Itoa(len(found))}
	}
	v, err := alternatives[found[0]](p[found[0]])
	if err != nil {
		return zero, &ParamError{found[0], fmt.Sprintf("is %.40q", p[found[0]]), err.Error()}
	}
	return v, nil
}

var (
	errWhole   = fmt.Errorf("use a whole number up to %d", int64(maxAmount))
	errPercent = errors.New("use a number between -100 and 10000, with up to 4 digits after the point")
)

func set(text string) (func(int64) (int64, error), error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > maxAmount {
		return nil, errWhole
	}
	return func(int64) (int64, error) { return n, nil }, nil
}

func delta(text string) (func(int64) (int64, error), error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < -maxAmount || n > maxAmount {
		return nil, errWhole
	}
	return func(old int64) (int64, error) { return bounded(old + n) }, nil
}

// percent is exact: "-12.5" is a fraction, never a float. Halves round away from
// zero.
func percent(text string) (func(int64) (int64, error), error) {
	r, ok := new(big.Rat).SetString(text)
	_, digits, _ := strings.Cut(text, ".")
	if !ok || len(text) > 12 || len(digits) > 4 || strings.ContainsAny(text, "/eExXpP_") ||
		r.Cmp(big.NewRat(-100, 1)) < 0 || r.Cmp(big.NewRat(10_000, 1)) > 0 {
		return nil, errPercent
	}
	factor := r.Add(r, big.NewRat(100, 1)).Quo(r, big.NewRat(100, 1))
	return func(old int64) (int64, error) {
		product := new(big.Rat).Mul(new(big.Rat).SetInt64(old), factor)
		n, err := strconv.ParseInt(product.FloatString(0), 10, 64)
		if err != nil {
			return 0, errTooMuch
		}
		return bounded(n)
	}, nil
}

func bounded(n int64) (int64, error) {
	switch {
	case n < 0:
		return 0, errNegative
	case n > maxAmount:
		return 0, errTooMuch
	}
	return n, nil
}
