package layers

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Package is what the law needs to know of a package.
type Package struct {
	Path    string   // within the module: "shared/logs"; "" is the root
	Imports []string // of production code; those of the module begin with "./"
	Files   []string // production code
}

// Violation is one break of the law.
type Violation struct{ Package, Problem, Remedy string }

func (v Violation) String() string {
	return fmt.Sprintf("%s %s; %s", v.Package, v.Problem, v.Remedy)
}

// Imports reports which imports of p the law does not allow.
func Imports(p Package) []Violation {
	from, ok := layerOf(p.Path)
	if !ok {
		return []Violation{{p.Path, "has no layer", "give it one in scripts/layers/law.go"}}
	}
	var vs []Violation
	for _, i := range p.Imports {
		if v, ok := judge(p.Path, from, i); !ok {
			vs = append(vs, v)
		}
	}
	return vs
}

// judge reports whether p, of the layer from, may import i.
func judge(p string, from layer, i string) (Violation, bool) {
	inside, ours := strings.CutPrefix(i, "./")
	switch {
	case from == emulators || from == tools:
		return Violation{}, true
	case ours:
		return judgeInside(p, from, inside)
	case strings.Contains(strings.Split(i, "/")[0], "."):
		return judgeDependency(p, i)
	case from == domain && matchesAny(impure, i):
		return Violation{p, "is a domain and imports " + i, "pass in what it needs as a value"}, false
	case from == store && matches("net/http/...", i) && !strings.HasSuffix(p, "http"):
		return Violation{p, "is a store and imports " + i, "move that into a child named like " + path.Dir(p) + "/...http"}, false
	}
	return Violation{}, true
}

func judgeInside(p string, from layer, i string) (Violation, bool) {
	to, ok := layerOf(i)
	if !ok {
		return Violation{p, "imports " + i + ", which has no layer", "give it one in scripts/layers/law.go"}, false
	}
	if slices.Contains(mayImport[from], to) || sameFamily(p, from, i, to) || hasEdge(p, i) {
		return Violation{}, true
	}
	return Violation{p, fmt.Sprintf("(%s) imports %s (%s)", from, i, to), "turn the dependency round, or list the edge with its reason"}, false
}

// sameFamily reports whether i belongs to the same domain as p: a store sees its
// own domain, packages of a domain see each other, a program its own parts.
func sameFamily(p string, from layer, i string, to layer) bool {
	own := family(p) == family(i)
	return own && (from == domain || from == store) && (to == domain || path.Dir(p) == i)
}

// family is the part of the path that a domain and its children share.
func family(p string) string {
	parts := strings.SplitN(p, "/", 3)
	return strings.Join(parts[:min(2, len(parts))], "/")
}

func hasEdge(p, i string) bool {
	return slices.ContainsFunc(edges, func(e edge) bool { return matches(e.from, p) && matches(e.to, i) })
}

func judgeDependency(p, i string) (Violation, bool) {
	owner := ""
	for prefix := range owners {
		if (i == prefix || strings.HasPrefix(i, prefix+"/")) && len(prefix) > len(owner) {
			owner = prefix
		}
	}
	if owner == "" {
		return Violation{p, "imports " + i + ", which nobody owns", "name its owner in scripts/layers/law.go"}, false
	}
	if matchesAny(owners[owner], p) {
		return Violation{}, true
	}
	return Violation{p, "imports " + i, "only " + strings.Join(owners[owner], ", ") + " may; ask that package for what you need"}, false
}

func layerOf(p string) (layer, bool) {
	for _, l := range layersByPattern {
		if matchesAny(l.patterns, p) {
			return l.layer, true
		}
	}
	return "", false
}

func matchesAny(patterns []string, p string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, p) })
}

// matches reports whether pattern fits p. Like Go's own, "a/..." fits a too.
func matches(pattern, p string) bool {
	prefix, any := strings.CutSuffix(pattern, "/...")
	if any && (p == prefix || strings.HasPrefix(p, prefix+"/")) {
		return true
	}
	ok, err := path.Match(pattern, p)
	return ok && err == nil
}
