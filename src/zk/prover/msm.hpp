// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string_view>
#include <vector>

#include "prover/packed.hpp"
#include "prover/parallel.hpp"
#include "prover/secret.hpp"

// Σ kᵢPᵢ of many points by buckets (Pippenger; Bernstein, Doumen, Lange and Oosterwijk, eprint
// 2012/549, section 4), with signed digits, the points of a bucket added in affine coordinates for
// one inversion a round.

namespace vcp::zk {

/// The digits of a scalar, of 254 bits or fewer, to the base 2^w, each of −2^(w−1) to 2^(w−1):
/// those of k + Σ 2^(wj + w − 1) less 2^(w−1), so that any digit is found without those below. The
/// top one stays as it is.
class SignedDigits {
 public:
  explicit constexpr SignedDigits(unsigned width, unsigned scalar_bits = 254)
      : width_(width), count_((scalar_bits + width) / width) {
    for (unsigned j = 0; j + 1 < count_; ++j) {
      const unsigned at = width * j + width - 1;
      offset_[at / 64] |= std::uint64_t{1} << (at % 64);
    }
  }

  [[nodiscard]] constexpr unsigned width() const { return width_; }
  [[nodiscard]] constexpr unsigned count() const { return count_; }

  [[nodiscard]] constexpr std::int32_t digit(const Limbs& k, unsigned j) const {
    std::uint64_t carry = 0;
    const Limbs sum = add(k, offset_, carry);
    const unsigned at = width_ * j;
    std::uint64_t bits = sum[at / 64] >> (at % 64);
    if (at % 64 + width_ > 64 && at / 64 < 3) bits |= sum[at / 64 + 1] << (64 - at % 64);
    const auto value = static_cast<std::int32_t>(bits & ((std::uint64_t{1} << width_) - 1));
    return j + 1 < count_ ? value - (std::int32_t{1} << (width_ - 1)) : value;
  }

 private:
  unsigned width_;
  unsigned count_;
  Limbs offset_{};
};

/// Sums the points of buckets, in affine coordinates, a bounded number at a time.
template <class E>
class BucketSums {
 public:
  explicit BucketSums(std::size_t buckets) : sums_(buckets, Packed<E>::infinity()) {}

  [[nodiscard]] std::span<const Packed<E>> sums() const { return sums_; }

  void clear() {
    std::ranges::fill(sums_, Packed<E>::infinity());
    points_.clear();
    runs_.clear();
  }

  /// Adds a point to a bucket. Buckets come in rising order.
  void add(std::size_t bucket, const Packed<E>& point) {
    if (point.is_infinity()) return;
    if (points_.size() == kPoints) settle();
    if (runs_.empty() || runs_.back().bucket != bucket) runs_.push_back({bucket, 0});
    ++runs_.back().length;
    points_.push_back(point);
  }

  /// To be called after the last `add`.
  void finish() {
    settle();
    for (std::size_t i = 0; i < runs_.size(); ++i) sums_[runs_[i].bucket] = points_[i];
  }

 private:
  /// What is added at a time: with its inverses it fills most of a second-level cache.
  static constexpr std::size_t kPoints = (std::size_t{1} << 18) / sizeof(E);

  /// Points of one bucket, which lie one after the other.
  struct Run {
    std::size_t bucket;
    std::size_t length;
  };

  /// Adds the points of each run to one. The last bucket's may go on: its sum stays as the first
  /// point of the next ones.
  void settle() {
    while (add_pairs()) {
    }
    std::erase_if(runs_, [](const Run& run) { return run.length == 0; });
    if (runs_.size() < 2) return;
    for (std::size_t i = 0; i + 1 < runs_.size(); ++i) sums_[runs_[i].bucket] = points_[i];
    points_.front() = points_.back();
    points_.resize(1);
    runs_.front() = runs_.back();
    runs_.resize(1);
  }

  /// One round: halves the runs. Whether there was anything to add.
  bool add_pairs() {
    denominators_.clear();
    for_pairs([this](const Packed<E>& p, const Packed<E>& q) {
      denominators_.push_back(denominator(p, q));
    });
    if (denominators_.empty()) return false;
    invert();
    std::size_t from = 0;
    std::size_t to = 0;
    std::size_t pair = 0;
    for (Run& run : runs_) {
      const std::size_t end = from + run.length;
      run.length = 0;
      for (; from + 1 < end; from += 2, ++pair) {
        const Packed<E> sum = added(points_[from], points_[from + 1], denominators_[pair]);
        if (sum.is_infinity()) continue;
        points_[to++] = sum;
        ++run.length;
      }
      if (from < end) {
        points_[to++] = points_[from++];
        ++run.length;
      }
    }
    points_.resize(to);
    return true;
  }

  template <class F>
  void for_pairs(const F& f) const {
    std::size_t at = 0;
    for (const Run& run : runs_) {
      for (std::size_t i = 0; i + 1 < run.length; i += 2) f(points_[at + i], points_[at + i + 1]);
      at += run.length;
    }
  }

  /// Of the slope of the line through p and q, never zero: 1 where there is none. No point has
  /// y = 0, for the orders of both curves are odd.
  static E denominator(const Packed<E>& p, const Packed<E>& q) {
    const E dx = q.x - p.x;
    if (!dx.is_zero()) return dx;
    return p.y == q.y ? p.y.doubled() : E::one();
  }

  static Packed<E> added(const Packed<E>& p, const Packed<E>& q, const E& inverse) {
    const E dx = q.x - p.x;
    E slope;
    if (!dx.is_zero()) {
      slope = (q.y - p.y) * inverse;
    } else if (p.y == q.y) {
      const E xx = p.x.squared();
      slope = (xx.doubled() + xx) * inverse;
    } else {
      return Packed<E>::infinity();
    }
    const E x = slope.squared() - p.x - q.x;
    return {x, slope * (p.x - x) - p.y};
  }

  /// Montgomery's trick, as in invert_all, in memory that is kept.
  void invert() {
    products_.resize(denominators_.size());
    E product = E::one();
    for (std::size_t i = 0; i < denominators_.size(); ++i) {
      products_[i] = product;
      product = product * denominators_[i];
    }
    E inverse = product.inverse();
    for (std::size_t i = denominators_.size(); i-- > 0;) {
      const E next = inverse * denominators_[i];
      denominators_[i] = inverse * products_[i];
      inverse = next;
    }
  }

  SecretVector<Packed<E>> sums_;
  SecretVector<Packed<E>> points_;
  SecretVector<Run> runs_;
  SecretVector<E> denominators_;
  SecretVector<E> products_;
};

/// The multiexponentiation of packed points with packed scalars, plain numbers below r, as many of
/// each. Holds views only.
template <class E>
class Msm {
 public:
  Msm(std::string_view points, std::string_view scalars)
      : points_(points), scalars_(scalars), size_(scalars.size() / sizeof(Limbs)) {}

  /// Takes, for each thread, 8 bytes a point and 2^w points for the width w, at most 2^15 of them.
  [[nodiscard]] Jacobian<E> run(unsigned threads) const {
    const SignedDigits digits(best_width());
    const auto sums = window_sums(digits, threads);
    Jacobian<E> total = Jacobian<E>::infinity();
    for (std::size_t j = sums.size(); j-- > 0;) {
      for (unsigned i = 0; i < digits.width(); ++i) total = total.doubled();
      total = total + sums[j];
    }
    return total;
  }

  /// For each digit, the sum of the points times that digit of their scalars.
  [[nodiscard]] SecretVector<Jacobian<E>> window_sums(const SignedDigits& digits,
                                                      unsigned threads) const {
    const std::size_t parts = std::min(size_ / kSmallestPart + 1, parts_for(digits, threads));
    std::vector<Worker> workers;
    for (unsigned i = 0; i < threads; ++i) workers.emplace_back(digits.width(), size_ / parts + 1);
    SecretVector<Jacobian<E>> sums(digits.count() * parts);
    in_parallel(threads, sums.size(), [&](unsigned worker, std::size_t task) {
      const std::size_t part = task % parts;
      const auto digit = static_cast<unsigned>(task / parts);
      sums[task] = window_sum(workers[worker], digits, digit, size_ * part / parts,
                              size_ * (part + 1) / parts);
    });
    return folded(sums, parts);
  }

 private:
  static constexpr std::size_t kSmallestPart = 4096;
  static constexpr unsigned kMaxWidth = 16;

  struct Worker {
    Worker(unsigned width, std::size_t points)
        : ends((std::size_t{1} << (width - 1)) + 1),
          order(points),
          digits(points),
          buckets(ends.size()) {}

    SecretVector<std::uint32_t> ends;   ///< of each bucket in `order`
    SecretVector<std::uint32_t> order;  ///< the points by bucket: twice the number, odd if negative
    SecretVector<std::int32_t> digits;  ///< of each point
    BucketSums<E> buckets;
  };

  /// Enough tasks that the threads end at about the same time.
  static std::size_t parts_for(const SignedDigits& digits, unsigned threads) {
    return (2 * threads + digits.count() - 1) / digits.count();
  }

  static SecretVector<Jacobian<E>> folded(const SecretVector<Jacobian<E>>& sums,
                                          std::size_t parts) {
    SecretVector<Jacobian<E>> totals;
    for (std::size_t i = 0; i < sums.size(); i += parts) {
      totals.push_back(sums[i]);
      for (std::size_t part = 1; part < parts; ++part)
        totals.back() = totals.back() + sums[i + part];
    }
    return totals;
  }

  /// The width of the least work, in multiplications: six for a point, 27 for a bucket. Digits that
  /// are zero cost nothing, and those of a witness mostly are: so the lengths of the scalars count.
  [[nodiscard]] unsigned best_width() const {
    double bits = 0;
    for (std::size_t i = 0; i < size_; ++i) bits += length(unpack<Limbs>(scalars_, i));
    unsigned best = 2;
    for (unsigned width = 3; width <= kMaxWidth; ++width) {
      if (cost(bits, width) < cost(bits, best)) best = width;
    }
    return best;
  }
  static double cost(double bits, unsigned width) {
    return 6 * bits / width + 27.0 * SignedDigits(width).count() * (1U << (width - 1));
  }
  static unsigned length(const Limbs& k) {
    for (unsigned i = 4; i-- > 0;) {
      if (k[i] != 0) return 64 * i + static_cast<unsigned>(std::bit_width(k[i]));
    }
    return 0;
  }

  Jacobian<E> window_sum(Worker& worker, const SignedDigits& digits, unsigned digit,
                         std::size_t begin, std::size_t end) const {
    sort(worker, digits, digit, begin, end);
    fill(worker);
    return reduced(worker.buckets.sums());
  }

  /// Sorts the points by the size of the digit, by counting.
  void sort(Worker& worker, const SignedDigits& digits, unsigned digit, std::size_t begin,
            std::size_t end) const {
    auto& ends = worker.ends;
    std::ranges::fill(ends, 0);
    for (std::size_t i = begin; i < end; ++i) {
      const std::int32_t d = digits.digit(unpack<Limbs>(scalars_, i), digit);
      worker.digits[i - begin] = d;
      ++ends[static_cast<std::size_t>(std::abs(d))];
    }
    ends[0] = 0;
    for (std::size_t bucket = 1; bucket < ends.size(); ++bucket) ends[bucket] += ends[bucket - 1];
    std::shift_right(ends.begin(), ends.end(), 1);  // to the beginnings, which become the ends
    ends[0] = 0;
    for (std::size_t i = begin; i < end; ++i) {
      const std::int32_t d = worker.digits[i - begin];
      if (d == 0) continue;
      const auto place = ends[static_cast<std::size_t>(std::abs(d))]++;
      worker.order[place] = static_cast<std::uint32_t>(2 * i + (d < 0 ? 1 : 0));
    }
  }

  void fill(Worker& worker) const {
    static constexpr std::size_t kAhead = 16;
    worker.buckets.clear();
    const std::size_t size = worker.ends.back();
    std::size_t at = 0;
    for (std::size_t bucket = 1; bucket < worker.ends.size(); ++bucket) {
      for (; at < worker.ends[bucket]; ++at) {
        const std::uint32_t ahead = worker.order[std::min(at + kAhead, size - 1)];
        const char* next = points_.data() + std::size_t{ahead / 2} * sizeof(Packed<E>);
        __builtin_prefetch(next);
        __builtin_prefetch(next + sizeof(Packed<E>) - 1);
        const std::uint32_t entry = worker.order[at];
        const auto point = unpack<Packed<E>>(points_, entry / 2);
        const std::array<E, 2> y = {point.y, -point.y};  // no branch: nobody could foretell it
        worker.buckets.add(bucket, {point.x, y[entry % 2]});
      }
    }
    worker.buckets.finish();
  }

  /// Σ b·sums[b], by running sums.
  static Jacobian<E> reduced(std::span<const Packed<E>> sums) {
    Jacobian<E> running = Jacobian<E>::infinity();
    Jacobian<E> total = Jacobian<E>::infinity();
    for (std::size_t b = sums.size(); b-- > 1;) {
      running = running + sums[b].affine();
      total = total + running;
    }
    return total;
  }

  std::string_view points_;
  std::string_view scalars_;
  std::size_t size_;
};

}  // namespace vcp::zk
