# Plans without a cloud: terraform test, with the provider's schema and made-up
# answers.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
  mock_resource "google_service_account" {
    defaults = {
      name   = "projects/demo/serviceAccounts/account@demo.iam.gserviceaccount.com"
      email  = "account@demo.iam.gserviceaccount.com"
      member = "serviceAccount:account@demo.iam.gserviceaccount.com"
    }
  }
  mock_resource "google_memorystore_instance" {
    defaults = {
      endpoints         = [{ connections = [{ psc_auto_connection = [{ ip_address = "10.9.0.2", port = 6379 }] }] }]
      managed_server_ca = [{ ca_certs = [{ certificates = ["-----BEGIN CERTIFICATE-----"] }] }]
    }
  }
  mock_resource "google_pubsub_topic" {
    defaults = { id = "projects/demo/topics/mock" }
  }
}

variables {
  project   = "demo"
  region    = "europe-west1"
  domain    = "delivery.example.com"
  alerts_to = "operators@example.com"
}

run "four_variables_are_enough" {
  command = apply

  assert {
    condition     = length(module.functions.names) == length(local.topology.functions)
    error_message = "every function of the topology is a service"
  }

  assert {
    condition     = alltrue([for s in module.data.secrets : contains(local.topology.secrets, s)])
    error_message = "a secret that nobody declares"
  }
}

run "production_is_protected" {
  command = plan

  variables {
    protected = true
    armor     = true
    kms_key   = "projects/demo/locations/europe-west1/keyRings/lastmile/cryptoKeys/data"
    redis     = { node_type = "STANDARD_SMALL", replicas = 1, persisted = true }

    provider_secrets = ["bakery-key"]
    settings         = { ALLOWED_ORIGINS = "https://shop.example,https://delivery.example.com", SLOW_CALLS = "read:1s" }
  }

  assert {
    condition     = contains(module.data.secrets, "bakery-key")
    error_message = "a provider's secret has no place"
  }

  assert {
    condition     = local.environment.ALLOWED_ORIGINS == var.settings.ALLOWED_ORIGINS && local.environment.SLOW_CALLS == "read:1s"
    error_message = "what is set does not reach services"
  }

  assert {
    condition     = module.data.protected
    error_message = "what holds data must be protected from deletion"
  }
}
