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

variable "domain" {
  type = string
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
