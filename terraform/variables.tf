variable "project" {
  description = "The id of the Google Cloud project."
  type        = string
}

variable "region" {
  description = "Where everything runs, such as europe-west1."
  type        = string
}

variable "domain" {
  description = "The name that apps and people call, such as delivery.example.com. Its A record must point at the output address."
  type        = string
}

variable "alerts_to" {
  description = "The mail address that alerts go to."
  type        = string
}

# What follows has defaults for the smallest deployment; see production.tfvars.

variable "protected" {
  description = "Whether deletion of what holds data is refused."
  type        = bool
  default     = false
}

variable "firestore_location" {
  description = "Where documents are kept: a region, or nam5 or eur3 for two; empty for the region."
  type        = string
  default     = ""
}

variable "backup_days" {
  description = "For how many days daily backups of Firestore are kept; weekly ones are kept for 14 weeks."
  type        = number
  default     = 7

  validation {
    condition     = var.backup_days >= 1 && var.backup_days <= 98
    error_message = "Firestore keeps backups for 1 to 98 days."
  }
}

variable "redis" {
  description = "The size of Memorystore for Valkey: its node type, and the replicas that take over."
  type = object({
    node_type = string
    replicas  = number
    persisted = bool
  })
  default = { node_type = "SHARED_CORE_NANO", replicas = 0, persisted = false }
}

variable "sizes" {
  description = "What a service of each class gets. Memory is in MiB; concurrency is calls at once in an instance."
  type = map(object({
    cpu         = number
    memory      = number
    concurrency = number
    min         = number
    max         = number
    always_on   = bool # CPU is there between calls, too
  }))
  default = {
    small       = { cpu = 1, memory = 512, concurrency = 20, min = 0, max = 3, always_on = false }
    bulk        = { cpu = 1, memory = 512, concurrency = 20, min = 0, max = 5, always_on = false }
    interactive = { cpu = 1, memory = 512, concurrency = 80, min = 0, max = 5, always_on = false }
    warm        = { cpu = 1, memory = 512, concurrency = 80, min = 0, max = 2, always_on = false }
    sockets     = { cpu = 1, memory = 512, concurrency = 1000, min = 0, max = 2, always_on = false }
  }
}

variable "armor" {
  description = "Whether Cloud Armor guards the load balancer: a limit of calls for each address, and the preconfigured rules."
  type        = bool
  default     = false
}

variable "kms_key" {
  description = "The key that encrypts data at rest, as projects/P/locations/L/keyRings/R/cryptoKeys/K; empty for Google's own."
  type        = string
  default     = ""
}

variable "provider_secrets" {
  description = "The secrets that catalogue providers ask for, by the names that catalogues' settings give them."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for name in var.provider_secrets : can(regex("^[a-z][a-z0-9-]{0,62}$", name))])
    error_message = "A secret's name is small letters, digits and dashes."
  }
}

variable "settings" {
  description = "Environment of all services: OIDC_ISSUERS, ALLOWED_ORIGINS, LOG_RETENTION and what else README.md lists. Never a secret."
  type        = map(string)
  default     = {}
}
