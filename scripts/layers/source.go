package layers

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Source reports what the law forbids within the files of p: banned calls, impure
// ones in a domain, and files and functions that are too long.
func Source(p Package) ([]Violation, error) {
	var vs []Violation
	fset := token.NewFileSet()
	for _, name := range p.Files {
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		if ast.IsGenerated(f) {
			continue
		}
		vs = append(vs, sizes(p, fset, f)...)
		vs = append(vs, calls(p, fset, f)...)
	}
	return vs, nil
}

func sizes(p Package, fset *token.FileSet, f *ast.File) []Violation {
	var vs []Violation
	file := fset.File(f.FileStart)
	if n := file.LineCount(); n > maxFileLines {
		vs = append(vs, Violation{path.Join(p.Path, filepath.Base(file.Name())), fmt.Sprintf("has %d lines", n), fmt.Sprintf("divide it: at most %d", maxFileLines)})
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		n := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1
		name := p.Path + "." + fn.Name.Name
		if _, allowed := longFunctions[name]; n > maxFunctionLines && !allowed {
			vs = append(vs, Violation{name, fmt.Sprintf("has %d lines", n), fmt.Sprintf("divide it: at most %d, or list it with a reason", maxFunctionLines)})
		}
	}
	return vs
}

// calls reports the uses of banned names in f and, in a domain, of impure ones.
func calls(p Package, fset *token.FileSet, f *ast.File) []Violation {
	imported := names(f)
	in, _ := layerOf(p.Path)
	var vs []Violation
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := s.X.(*ast.Ident)
		if !ok {
			return true
		}
		if remedy := refusal(in, imported[x.Name], s.Sel.Name); remedy != "" {
			at := fset.Position(s.Pos())
			where := fmt.Sprintf("%s/%s:%d", p.Path, filepath.Base(at.Filename), at.Line)
			vs = append(vs, Violation{where, "uses " + x.Name + "." + s.Sel.Name, remedy})
		}
		return true
	})
	return vs
}

// refusal says why code of a layer must not use name of the package; "" if it may.
func refusal(in layer, pkg, name string) string {
	if in == domain && impureCall(pkg, name) {
		return "a domain takes the time or the *rand.Rand as an argument"
	}
	return banned[pkg][name]
}

// names maps the names by which f knows its imports to their paths.
func names(f *ast.File) map[string]string {
	m := map[string]string{}
	for _, i := range f.Imports {
		p, _ := strconv.Unquote(i.Path.Value)
		name := path.Base(strings.TrimSuffix(p, "/v2"))
		if i.Name != nil {
			name = i.Name.Name
		}
		m[name] = p
	}
	return m
}

// impureCall reports whether a domain must not use name of the package.
func impureCall(pkg, name string) bool {
	if pkg == "math/rand" || pkg == "math/rand/v2" {
		return !slices.Contains([]string{"New", "NewPCG", "NewChaCha8", "NewSource", "NewZipf", "Rand", "Source", "Source64", "PCG", "ChaCha8", "Zipf"}, name)
	}
	return slices.Contains(impureCalls[pkg], name)
}
