// The address at which people reach this installation, looked at from here.
#include "app/certificate.h"
#include "app/doctor.h"

#include <fmt/format.h>

namespace app::doctor {
namespace {

constexpr std::chrono::seconds patience{8};
constexpr std::chrono::days certificate_soon{21};
constexpr double slow_answer = 1;  // seconds

io::Task<> examine_certificate(http::Url url, base::Instant now, Report& report) {
  const auto certificate = co_await read_certificate(url, patience);
  if (!certificate) {
    report.bad("certificate", fmt::format("{}: {}", url.host, certificate.error().message),
               fmt::format("openssl s_client -connect {}:{} -servername {}", url.host, url.port,
                           url.host));
    co_return;
  }
  const auto left = std::chrono::floor<std::chrono::days>(certificate->ends_at - now).count();
  const std::string message = fmt::format("of {} ends {} ({} days)", url.host,
                                          base::format_rfc3339(certificate->ends_at), left);
  const char* renew =
      "look at Traefik's log: docker service logs socialtrend_traefik; or renew it "
      "where it was made: certbot renew";
  if (certificate->ends_at <= now) {
    report.bad("certificate", message + ": it is over", renew);
  } else if (!certificate->doubt.empty()) {
    report.bad("certificate", fmt::format("of {}: {}", url.host, certificate->doubt),
               "serve the whole chain of an authority that browsers know");
  } else if (certificate->ends_at < now + certificate_soon) {
    report.warn("certificate", message + ": it should have been renewed by now", renew);
  } else {
    report.good("certificate", message);
  }
}

}  // namespace

io::Task<> examine_public_address(http::Client& client, std::string public_url, base::Instant now,
                                  Report& report) {
  if (public_url.empty()) co_return;
  const auto url = http::parse_url(public_url);
  if (!url) {
    report.bad("PUBLIC_URL", public_url + " is not an address", "set PUBLIC_URL=https://your.name");
    co_return;
  }
  if (url->scheme == "https") co_await examine_certificate(*url, now, report);
  const auto started = std::chrono::steady_clock::now();
  const auto answer =
      co_await client.send({.url = url->origin() + "/api/health/live", .timeout = patience});
  const double took =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  if (!answer) {
    report.bad("balancer", answer.error().message,
               fmt::format("getent hosts {}, then the load balancer's own list of healthy targets",
                           url->host));
  } else if (answer->status != 200) {
    report.bad("balancer",
               fmt::format("{} answers {} for /api/health/live", url->origin(), answer->status),
               answer->status == 502 || answer->status == 503 || answer->status == 504
                   ? "the load balancer finds no healthy backend: docker service ps "
                     "socialtrend_backend, kubectl get endpoints backend, or aws elbv2 "
                     "describe-target-health"
                   : "does /api lead to the backend? Look at the load balancer's routes");
  } else if (took > slow_answer) {
    report.warn("latency", fmt::format("{} takes {:.1f} s to answer", url->origin(), took),
                "measure the parts: curl -so /dev/null -w '%{time_namelookup} %{time_connect} "
                "%{time_appconnect} %{time_starttransfer}' " +
                    url->origin() + "/api/health/live");
  } else {
    report.good("balancer", fmt::format("{} answers within {:.0f} ms", url->origin(), 1000 * took));
  }
}

}  // namespace app::doctor
