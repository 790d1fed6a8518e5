package job

// Standing is what is known of a job and one of its pages without asking the
// database.
type Standing struct {
	// Cancelled says that pages acknowledge without work, Done that this page is
	// done.
	Cancelled, Done bool

	// Complete says that every page has an outcome, in generation Gen.
	Complete bool
	Gen      int
}
