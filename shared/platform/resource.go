package platform

// Resource is something that not every service may use: Terraform grants it to
// those whose declaration names it.
type Resource string

// The resources.
const (
	Redis             Resource = "redis"
	PrivateFiles      Resource = "private-files"
	PublicFiles       Resource = "public-files"
	Maps              Resource = "maps" // of roads
	PushNotifications Resource = "push"
)
