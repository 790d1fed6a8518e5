package bulk

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Row is one line of an input file: an item, and the parameters that it has of
// its own; none means the job's.
type Row struct {
	Item   string
	Params Params
}

// Format reads the lines of a file.
type Format struct {
	columns []string // of CSV; nil for NDJSON
}

// IsCSV reports whether a file of this name is CSV, with a header; others are
// NDJSON.
func IsCSV(name string) bool { return strings.HasSuffix(strings.ToLower(name), ".csv") }

// JSON is the format of NDJSON: {"id": "x", "set": 1299}.
func JSON() Format { return Format{} }

// mark is what some programs begin a file of UTF-8 with.
const mark = "\ufeff"

// table is the format of a CSV file whose first line this is.
func table(header []byte) (Format, error) {
	columns, err := fields(bytes.TrimPrefix(header, []byte(mark)))
	if err != nil {
		return Format{}, err
	}
	ids := 0
	for i, c := range columns {
		columns[i] = strings.TrimSpace(c)
		if columns[i] == "id" {
			ids++
		}
	}
	if ids != 1 {
		return Format{}, fmt.Errorf("%.80q: name exactly one column id", header)
	}
	return Format{columns: columns}, nil
}

// ErrHeader is returned for a CSV file whose header makes no sense.
var ErrHeader = errors.New("bad header")

// CSV returns the format of the CSV file that r begins with, by its first line. A
// row is one line. Errors are [ErrHeader], or those of r.
func CSV(r io.Reader) (Format, error) {
	line, err := bufio.NewReaderSize(r, MaxLine).ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return Format{}, fmt.Errorf("%w: %w", ErrHeader, ErrLongLine)
	case err != nil && !errors.Is(err, io.EOF):
		return Format{}, err
	}
	f, err := table(line)
	if err != nil {
		return f, fmt.Errorf("%w: %w", ErrHeader, err)
	}
	return f, nil
}

// Header reports whether the file's first line is no row.
func (f Format) Header() bool { return f.columns != nil }

// Row reads a line.
func (f Format) Row(line []byte) (Row, error) {
	values, err := f.values(line)
	if err != nil {
		return Row{}, err
	}
	id := values["id"]
	delete(values, "id")
	switch {
	case id == "":
		return Row{}, errors.New("id is missing")
	case len(id) > maxID:
		return Row{Item: id[:maxID]}, fmt.Errorf("id has %d bytes, more than %d", len(id), maxID)
	}
	return Row{Item: id, Params: values}, nil
}

// maxID bounds an item's id, in bytes.
const maxID = 500

func (f Format) values(line []byte) (Params, error) {
	if f.columns == nil {
		return object(line)
	}
	values, err := fields(line)
	if err != nil {
		return nil, err
	}
	if len(values) != len(f.columns) {
		return nil, fmt.Errorf("has %d columns, the header %d", len(values), len(f.columns))
	}
	p := Params{}
	for i, v := range values {
		if v = strings.TrimSpace(v); v != "" {
			p[f.columns[i]] = v
		}
	}
	return p, nil
}

func fields(line []byte) ([]string, error) {
	values, err := csv.NewReader(bytes.NewReader(line)).Read()
	if err != nil {
		return nil, errors.New("is not one line of CSV")
	}
	return values, nil
}

// object reads a JSON object of texts, numbers and booleans.
func object(line []byte) (Params, error) {
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(line, []byte(mark))))
	d.UseNumber()
	var values map[string]any
	if err := d.Decode(&values); err != nil || d.More() {
		return nil, errors.New("is not one JSON object")
	}
	return Texts(values)
}

// Texts returns parameters given as JSON in their text form. Nulls are left out.
func Texts(values map[string]any) (Params, error) {
	p := Params{}
	for name, v := range values {
		switch v := v.(type) {
		case nil:
		case string:
			p[name] = v
		case float64:
			p[name] = strconv.FormatFloat(v, 'f', -1, 64)
		case bool, json.Number:
			p[name] = fmt.Sprint(v)
		default:
			return nil, &ParamError{name, "is neither text, number nor boolean", "give one value"}
		}
	}
	return p, nil
}
