package layers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
)

// listed is what go list says of a package.
type listed struct {
	ImportPath, Dir  string
	GoFiles, Imports []string
	Module           struct{ Path, Dir string }
}

// Load returns the packages that match patterns, seen from dir.
func Load(dir string, patterns ...string) ([]Package, error) {
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Dir,GoFiles,Imports,Module"}, patterns...)...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, stderr.String())
	}
	return decode(bytes.NewReader(out))
}

func decode(r io.Reader) ([]Package, error) {
	var ps []Package
	for d := json.NewDecoder(r); ; {
		var l listed
		err := d.Decode(&l)
		if errors.Is(err, io.EOF) {
			return ps, nil
		}
		if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		ps = append(ps, l.asPackage())
	}
}

func (l listed) asPackage() Package {
	p := Package{Path: strings.TrimPrefix(strings.TrimPrefix(l.ImportPath, l.Module.Path), "/")}
	for _, i := range l.Imports {
		if inside, ok := strings.CutPrefix(i, l.Module.Path+"/"); ok {
			i = "./" + inside
		}
		p.Imports = append(p.Imports, i)
	}
	for _, f := range l.GoFiles {
		p.Files = append(p.Files, filepath.Join(l.Dir, f))
	}
	return p
}
