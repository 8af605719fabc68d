// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "schedule.hpp"
#include "server.hpp"

namespace vcp::sim {

/// How bad the network is; the chances are per message.
struct Weather {
  double lost = 0;
  double doubled = 0;  ///< of requests
  double slow = 0;     ///< takes seconds, and so is overtaken by later ones
};

/// Carries requests to the server and answers back, late, twice, in another order or not at all.
class Network {
 public:
  Network(Schedule& schedule, Random& random, Server& server)
      : schedule_(schedule), random_(random), server_(server) {}

  void set(const Weather& weather) { weather_ = weather; }

  /// Something to be done at the server, once for each time that the request arrives.
  template <class T>
  struct Request {
    std::function<Async<Result<T>>(coordinator::Coordinator&)> operation;
    std::function<void()> arrives = [] {};
    std::function<void(const Result<T>&)> answered = [](const Result<T>&) {};  ///< at the server
  };

  /// `then` is called once: with the answer, or with `timed_out` if none came for so long.
  template <class T>
  void call(Request<T> request, Duration patience, std::function<void(Result<T>)> then) {
    const auto waiting = std::make_shared<std::function<void(Result<T>)>>(std::move(then));
    const auto deliver = [this, request = std::move(request), waiting] {
      if (!server_.is_up()) return;
      request.arrives();
      server_.start<T>(request.operation(server_.coordinator()),
                       [this, request, waiting](Result<T> answer) {
                         request.answered(answer);
                         carry([waiting, answer = std::move(answer)] { end(*waiting, answer); });
                       });
    };
    carry(deliver);
    if (random_.uniform() < weather_.doubled) carry(deliver);
    schedule_.after(patience, [waiting] { end<T>(*waiting, fail(Code::timed_out, "no answer")); });
  }

 private:
  template <class T>
  static void end(std::function<void(Result<T>)>& waiting, Result<T> answer) {
    if (const auto then = std::exchange(waiting, nullptr)) then(std::move(answer));
  }

  void carry(std::function<void()> message) {
    if (random_.uniform() < weather_.lost) return;
    const bool slow = random_.uniform() < weather_.slow;
    schedule_.after(Duration(1 + random_.below(slow ? 8'000 : 30)), std::move(message));
  }

  Schedule& schedule_;
  Random& random_;
  Server& server_;
  Weather weather_;
};

}  // namespace vcp::sim
