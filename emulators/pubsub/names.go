package pubsub

import (
	"regexp"
	"strings"
)

var resourceID = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._~+%-]{2,254}$`)

// checkName refuses what is not projects/{project}/{kind}/{id}.
func checkName(kind, name string) error {
	p := strings.Split(name, "/")
	if len(p) != 4 || p[0] != "projects" || p[1] == "" || p[2] != kind ||
		!resourceID.MatchString(p[3]) || strings.HasPrefix(strings.ToLower(p[3]), "goog") {
		return invalid("Invalid [%s] name: (name=%s)", kind, name)
	}
	return nil
}

// projectOf reads projects/{project}.
func projectOf(name string) (string, error) {
	id, ok := strings.CutPrefix(name, "projects/")
	if !ok || id == "" || strings.Contains(id, "/") {
		return "", invalid("Invalid [projects] name: (name=%s)", name)
	}
	return id, nil
}

func lastPart(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// projectPart is {project} of projects/{project}/...
func projectPart(name string) string {
	p := strings.SplitN(name, "/", 3)
	if len(p) < 2 {
		return ""
	}
	return p[1]
}
