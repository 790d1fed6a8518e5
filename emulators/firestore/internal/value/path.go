package value

import (
	"regexp"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// maxFieldPath is Google's limit on a field path, in bytes.
const maxFieldPath = 1500

// Path is the way to a field through nested maps.
type Path []string

// Name is the path of the pseudo field that holds a document's own name.
const Name = "__name__"

var simple = regexp.MustCompile(`^[A-Za-z_][A-Za-z_0-9]*$`)

// ParsePath reads "a.b" or, quoted, "a.`b.c`".
func ParsePath(s string) (Path, error) {
	if len(s) > maxFieldPath {
		return nil, status.Errorf(codes.InvalidArgument, "Field path is longer than %d bytes.", maxFieldPath)
	}
	var path Path
	for rest, more := s, true; more; {
		var segment string
		var ok bool
		if segment, rest, more, ok = cutSegment(rest); !ok {
			return nil, status.Errorf(codes.InvalidArgument, "Invalid property path %q.", s)
		}
		if reserved(segment) {
			return nil, status.Errorf(codes.InvalidArgument, "Invalid reserved name in field path %s", s)
		}
		path = append(path, segment)
	}
	return path, nil
}

// cutSegment takes one segment off s; more tells whether another follows.
func cutSegment(s string) (segment, rest string, more, ok bool) {
	if !strings.HasPrefix(s, "`") {
		segment, rest, more = strings.Cut(s, ".")
		return segment, rest, more, simple.MatchString(segment)
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if i++; i == len(s) {
				return "", "", false, false
			}
			b.WriteByte(s[i])
		case '`':
			rest = s[i+1:]
			if rest == "" {
				return b.String(), "", false, b.Len() > 0
			}
			rest, more = strings.CutPrefix(rest, ".")
			return b.String(), rest, more, more && b.Len() > 0
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", false, false
}

// String writes the path as ParsePath reads it.
func (p Path) String() string {
	var b strings.Builder
	for i, segment := range p {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(quote(segment))
	}
	return b.String()
}

func quote(segment string) string {
	if simple.MatchString(segment) {
		return segment
	}
	return "`" + strings.NewReplacer("\\", "\\\\", "`", "\\`").Replace(segment) + "`"
}

// Get finds the value at p, nil if there is none.
func (p Path) Get(fields map[string]*pb.Value) *pb.Value {
	for _, segment := range p[:len(p)-1] {
		fields = fields[segment].GetMapValue().GetFields()
	}
	return fields[p[len(p)-1]]
}

// Project copies the fields at paths.
func Project(fields map[string]*pb.Value, paths []Path) map[string]*pb.Value {
	e := NewEditor(nil)
	for _, p := range paths {
		if v := p.Get(fields); v != nil {
			e.Set(p, v)
		}
	}
	return e.Fields()
}
