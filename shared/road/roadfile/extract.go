package roadfile

import (
	"bufio"
	"os"

	"lastmile/shared/road/osm"
)

// Extract returns a scan of an OpenStreetMap extract that lies in a file.
func Extract(path string) func(osm.Visitor) error {
	return func(v osm.Visitor) error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		return osm.Read(bufio.NewReader(f), v)
	}
}
