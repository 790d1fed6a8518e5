terraform {
  required_version = ">= 1.11"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 7.45"
    }
  }

  # State holds no secrets, but names everything: keep it in a bucket with
  # versions, which scripts/bootstrap makes.
  #   terraform init -backend-config=bucket=PROJECT-terraform
  backend "gcs" {
    prefix = "lastmile"
  }
}

provider "google" {
  project = var.project
  region  = var.region

  default_labels = { system = "lastmile" }
}
