package catalog

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Money is an exact amount in the currency's minor unit: 1299 EUR is €12.99.
type Money struct {
	Amount   int64  `json:"amount" firestore:"amount"`
	Currency string `json:"currency" firestore:"currency"` // ISO 4217
}

// String returns the amount in the major unit: "12.99 EUR".
func (m Money) String() string {
	sign, digits := "", strconv.FormatInt(m.Amount, 10)
	if m.Amount < 0 {
		sign, digits = "-", digits[1:]
	}
	if exp := exponent(m.Currency); exp > 0 {
		digits = strings.Repeat("0", max(0, exp+1-len(digits))) + digits
		digits = digits[:len(digits)-exp] + "." + digits[len(digits)-exp:]
	}
	return sign + digits + " " + m.Currency
}

// ParseMoney reads a decimal number in the currency's major unit, exactly. It
// refuses an amount that the currency's minor unit cannot hold.
func ParseMoney(decimal, currencyCode string) (Money, error) {
	amount, err := scaled(decimal, exponent(currencyCode))
	if err != nil {
		return Money{}, fmt.Errorf("%q in %s: %w", clip(decimal), clip(currencyCode), err)
	}
	return Money{Amount: amount, Currency: currencyCode}, nil
}

// exponent is how many digits a currency has after the point, by ISO 4217.
func exponent(currencyCode string) int {
	switch currencyCode {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	case "CLF", "UYW":
		return 4
	}
	return 2
}

var (
	errNotNumber = errors.New("not a decimal number")
	errTooFine   = errors.New("more digits after the point than there can be")
	errTooLarge  = errors.New("too large")
)

// scaled returns decimal times ten to the digits, if that is a whole number.
func scaled(decimal string, digits int) (int64, error) {
	mantissa, power, err := splitExponent(decimal)
	if err != nil {
		return 0, err
	}
	body := strings.TrimPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(body, ".")
	all := whole + fraction
	if all == "" || len(all) > 100 || strings.Trim(all, "0123456789") != "" {
		return 0, errNotNumber
	}
	shift := digits + power - len(fraction)
	if all = strings.TrimLeft(all, "0"); all == "" {
		return 0, nil
	}
	for shift < 0 && strings.HasSuffix(all, "0") {
		all, shift = all[:len(all)-1], shift+1
	}
	switch {
	case shift < 0:
		return 0, errTooFine
	case len(all)+shift > 18:
		return 0, errTooLarge
	case mantissa != body:
		all = "-" + all
	}
	return strconv.ParseInt(all+strings.Repeat("0", shift), 10, 64)
}

// splitExponent divides "1.5e3" into "1.5" and 3: JSON allows it.
func splitExponent(decimal string) (mantissa string, power int, err error) {
	i := strings.IndexAny(decimal, "eE")
	if i < 0 {
		return decimal, 0, nil
	}
	power, err = strconv.Atoi(decimal[i+1:])
	if err != nil || power < -200 || power > 200 {
		return "", 0, errNotNumber
	}
	return decimal[:i], power, nil
}

// clip keeps what a provider sent short enough for a message.
func clip(s string) string {
	if len(s) <= 60 {
		return s
	}
	return strings.ToValidUTF8(s[:57], "") + "..."
}
