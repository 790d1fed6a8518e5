variable "project" {
  type = string
}

variable "project_number" {
  type = string
}

variable "region" {
  type = string
}

variable "location" {
  type = string
}

variable "indexes" {
  description = "The content of firestore.indexes.json."
  type        = any
}

variable "redis" {
  type = object({ node_type = string, replicas = number, persisted = bool })
}

variable "network" {
  type = string
}

variable "origins" {
  description = "Of pages that may send and fetch files."
  type        = list(string)
}

variable "backup_days" {
  type = number
}

variable "protected" {
  type = bool
}

variable "kms_key" {
  type = string
}

variable "secrets" {
  description = "The names of all secrets that services read."
  type        = list(string)
}

variable "provider_secrets" {
  description = "The names of those that catalogue providers ask for."
  type        = set(string)
}
