# One address for everything: a global load balancer with a managed certificate,
# a CDN before public files, and Cloud Armor where it is asked for.

variable "region" {
  type = string
}

variable "domain" {
  type = string
}

variable "services" {
  description = "All services of the topology, by name; those with paths are reached from outside."
  type        = any
}

variable "public_bucket" {
  type = string
}

variable "armor" {
  type = bool
}

locals {
  public = { for name, s in var.services : name => s if length(s.paths) > 0 }

  # The service with the path /* takes what no other does.
  default = one([for name, s in local.public : name if contains(s.paths, "/*")])
}

resource "google_compute_region_network_endpoint_group" "this" {
  for_each = local.public

  name                  = each.key
  region                = var.region
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = each.key
  }
}

resource "google_compute_backend_service" "this" {
  for_each = local.public

  name                  = each.key
  load_balancing_scheme = "EXTERNAL_MANAGED"
  protocol              = "HTTPS"
  security_policy       = var.armor ? google_compute_security_policy.this[0].id : null

  backend {
    group = google_compute_region_network_endpoint_group.this[each.key].id
  }

  log_config {
    enable      = true
    sample_rate = 0.01
  }
}

resource "google_compute_backend_bucket" "files" {
  name        = "files"
  bucket_name = var.public_bucket
  enable_cdn  = true

  # Names follow from content and never change theirs: the headers that files
  # are stored with say for how long they may be kept.
  cdn_policy {
    cache_mode        = "USE_ORIGIN_HEADERS"
    negative_caching  = true
    serve_while_stale = 86400
  }

  custom_response_headers = ["X-Content-Type-Options: nosniff", "Cross-Origin-Resource-Policy: cross-origin"]
}

resource "google_compute_url_map" "this" {
  name            = "lastmile"
  default_service = google_compute_backend_service.this[local.default].id

  host_rule {
    hosts        = [var.domain]
    path_matcher = "all"
  }

  path_matcher {
    name            = "all"
    default_service = google_compute_backend_service.this[local.default].id

    dynamic "path_rule" {
      for_each = { for name, s in local.public : name => [for p in s.paths : p if p != "/*"] if name != local.default || length(s.paths) > 1 }
      content {
        paths   = path_rule.value
        service = google_compute_backend_service.this[path_rule.key].id

        # Services see the paths that they have, whatever stands before them here.
        dynamic "route_action" {
          for_each = try(local.public[path_rule.key].prefix, "") == "" ? [] : ["/"]
          content {
            url_rewrite {
              path_prefix_rewrite = route_action.value
            }
          }
        }
      }
    }

    path_rule {
      paths   = ["/files/*"]
      service = google_compute_backend_bucket.files.id

      route_action {
        url_rewrite {
          path_prefix_rewrite = "/"
        }
      }
    }
  }
}

resource "google_compute_managed_ssl_certificate" "this" {
  name = "lastmile-${substr(sha1(var.domain), 0, 6)}"

  managed {
    domains = [var.domain]
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_ssl_policy" "this" {
  name            = "lastmile"
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
}

resource "google_compute_target_https_proxy" "this" {
  name             = "lastmile"
  url_map          = google_compute_url_map.this.id
  ssl_certificates = [google_compute_managed_ssl_certificate.this.id]
  ssl_policy       = google_compute_ssl_policy.this.id
}

resource "google_compute_global_address" "this" {
  name = "lastmile"
}

resource "google_compute_global_forwarding_rule" "this" {
  name                  = "lastmile"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.this.id
  port_range            = "443"
  target                = google_compute_target_https_proxy.this.id
}

resource "google_compute_security_policy" "this" {
  count = var.armor ? 1 : 0
  name  = "lastmile"

  adaptive_protection_config {
    layer_7_ddos_defense_config {
      enable = true
    }
  }

  # The API limits callers; this limits addresses, before they cost anything.
  rule {
    action   = "throttle"
    priority = 1000
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
    rate_limit_options {
      conform_action = "allow"
      exceed_action  = "deny(429)"
      enforce_on_key = "IP"
      rate_limit_threshold {
        count        = 3000
        interval_sec = 60
      }
    }
  }

  dynamic "rule" {
    for_each = { 900 = "scannerdetection-v33-stable", 901 = "protocolattack-v33-stable", 902 = "lfi-v33-stable" }
    content {
      action   = "deny(403)"
      priority = rule.key
      match {
        expr {
          expression = "evaluatePreconfiguredWaf('${rule.value}', {'sensitivity': 1})"
        }
      }
    }
  }

  rule {
    action   = "allow"
    priority = 2147483647
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
  }
}

output "address" {
  value = google_compute_global_address.this.address
}
