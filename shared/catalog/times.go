package catalog

import (
	"fmt"
	"strconv"
	"time"
)

const wallTime = "2006-01-02T15:04:05"

func (f TimeFormat) format(t time.Time) string {
	switch f {
	case Unix:
		return strconv.FormatInt(t.Unix(), 10)
	case UnixMillis:
		return strconv.FormatInt(t.UnixMilli(), 10)
	case DateTime:
		return t.UTC().Format(wallTime)
	}
	return t.UTC().Format(time.RFC3339)
}

func (f TimeFormat) parse(text string) (t time.Time, err error) {
	switch f {
	case Unix, UnixMillis:
		var n int64
		n, err = strconv.ParseInt(text, 10, 64)
		if t = time.Unix(n, 0); f == UnixMillis {
			t = time.UnixMilli(n)
		}
	case DateTime:
		t, err = time.Parse(wallTime, text)
	default:
		t, err = time.Parse(time.RFC3339, text)
	}
	// Firestore keeps the years 1 to 9999.
	if err != nil || t.UTC().Year() < 1 || t.UTC().Year() > 9999 {
		return time.Time{}, fmt.Errorf("is %q, not a time in format %s", clip(text), f)
	}
	return t.UTC(), nil
}
