# A network of our own: services reach Redis and each other without the
# internet; what leaves it leaves through one address.

variable "region" {
  type = string
}

resource "google_compute_network" "this" {
  name                    = "lastmile"
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "services" {
  name                     = "services"
  network                  = google_compute_network.this.id
  region                   = var.region
  ip_cidr_range            = "10.8.0.0/20"
  private_ip_google_access = true
}

# Memorystore puts its endpoints here.
resource "google_compute_subnetwork" "redis" {
  name          = "redis"
  network       = google_compute_network.this.id
  region        = var.region
  ip_cidr_range = "10.9.0.0/28"
}

resource "google_network_connectivity_service_connection_policy" "redis" {
  name          = "redis"
  location      = var.region
  service_class = "gcp-memorystore"
  network       = google_compute_network.this.id

  psc_config {
    subnetworks = [google_compute_subnetwork.redis.id]
  }
}

# Calls between services stay inside, so that their ingress can be internal.
resource "google_dns_managed_zone" "run" {
  name       = "run-app"
  dns_name   = "run.app."
  visibility = "private"

  private_visibility_config {
    networks {
      network_url = google_compute_network.this.id
    }
  }
}

resource "google_dns_record_set" "run" {
  for_each = toset(["run.app.", "*.run.app."])

  managed_zone = google_dns_managed_zone.run.name
  name         = each.key
  type         = "A"
  ttl          = 300
  rrdatas      = ["199.36.153.8", "199.36.153.9", "199.36.153.10", "199.36.153.11"]
}

output "id" {
  value = google_compute_network.this.id
}

output "subnetwork" {
  value = google_compute_subnetwork.services.id
}
