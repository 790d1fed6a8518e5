variable "project" {
  type = string
}

variable "project_number" {
  type = string
}

variable "region" {
  type = string
}

variable "topology" {
  description = "The content of topology.json."
  type        = any
}

variable "url" {
  description = "Where functions are, with {function} for the name."
  type        = string
}

variable "kms_key" {
  type = string
}
