variable "project" {
  type = string
}

variable "region" {
  type = string
}

variable "services" {
  description = "The functions of topology.json, by name."
  type        = any
}

variable "sizes" {
  type = map(object({ cpu = number, memory = number, concurrency = number, min = number, max = number, always_on = bool }))
}

variable "network" {
  type = string
}

variable "subnetwork" {
  type = string
}

variable "environment" {
  type = map(string)
}

variable "data" {
  type = any
}

variable "messaging" {
  type = any
}

variable "protected" {
  type = bool
}

variable "more_accounts" {
  description = "Accounts of further services that Cloud Build deploys, by name."
  type        = map(string)
}
