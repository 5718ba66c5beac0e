// Prometheus metrics. One line beside the code that counts; everything appears in /metrics and in
// docs by itself.
//
//   static metrics::Counter published{"publishing_outcomes_total", "Outcomes by network.",
//   {"network", "outcome"}}; published.add({"bluesky", "published"});
//
// Thread-safe. Label values must come from small closed sets, never from users.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace metrics {

using Labels = std::initializer_list<std::string_view>;

class Counter {
 public:
  Counter(std::string name, std::string help, std::vector<std::string> label_names = {});
  void add(Labels values = {}, double amount = 1);

 private:
  void* family_;
  std::vector<std::string> names_;
};

class Gauge {
 public:
  Gauge(std::string name, std::string help, std::vector<std::string> label_names = {});
  void set(Labels values, double value);
  void set(double value) { set({}, value); }
  void add(Labels values, double amount);

 private:
  void* family_;
  std::vector<std::string> names_;
};

class Histogram {
 public:
  // Bounds in the metric's unit (seconds for *_seconds), ascending.
  Histogram(std::string name, std::string help, std::vector<double> bounds,
            std::vector<std::string> label_names = {});
  void observe(Labels values, double value);
  void observe(double value) { observe({}, value); }

 private:
  void* family_;
  std::vector<std::string> names_;
  std::vector<double> bounds_;
};

// 1 ms to 60 s in steps fit for request and publishing times.
std::vector<double> latency_bounds();

// The exposition format (text/plain; version=0.0.4), process_* included.
std::string expose();

}  // namespace metrics
