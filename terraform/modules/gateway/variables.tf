variable "project" {
  type = string
}

variable "region" {
  type = string
}

variable "service" {
  description = "One service of topology.json."
  type        = any
}

variable "size" {
  type = object({ cpu = number, memory = number, concurrency = number, min = number, max = number, always_on = bool })
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
  description = "The outputs of the data module."
  type        = any
}

variable "messaging" {
  description = "The outputs of the messaging module."
  type        = any
}

variable "protected" {
  type = bool
}
