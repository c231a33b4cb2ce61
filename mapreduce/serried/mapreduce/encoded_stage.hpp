/// The records of a stage as their bytes, for what sorts and stores bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <serried/mapreduce/codec.hpp>
#include <serried/mapreduce/stage.hpp>

namespace serried::mapreduce {

template <Stage S>
requires Encodable<typename S::Record>
class EncodedStage {
 public:
  using Record = std::string_view;

  explicit EncodedStage(S inner) : inner_(std::move(inner)) {}

  [[nodiscard]] const std::shared_ptr<const TextSource>& source() const { return inner_.source(); }
  [[nodiscard]] std::uint64_t n_bytes_known() const { return inner_.n_bytes_known(); }
  [[nodiscard]] std::size_t n_sources() const { return inner_.n_sources(); }
  [[nodiscard]] std::uint64_t end_place() const { return inner_.end_place(); }

  template <class Make, class Visit>
  [[nodiscard]] auto for_each_block(const std::string& purpose, const Make& make, const Visit& visit) const {
    return inner_.for_each_block(purpose, make, [&](auto& part, const RecordBlock& block, auto&& each) {
      return visit(part, block, encoded(each));
    });
  }
  template <class Visit>
  void sample_blocks(const Visit& visit) const {
    inner_.sample_blocks(
        [&](std::uint64_t place, std::size_t n_most, auto&& each) { visit(place, n_most, encoded(each)); });
  }

 private:
  template <class Each>
  [[nodiscard]] static auto encoded(const Each& each) {
    return [&each](auto&& sink) {
      std::vector<char> bytes;
      each([&](const typename S::Record& record) {
        bytes.clear();
        encode_record(bytes, record);
        sink(std::string_view(bytes.data(), bytes.size()));
      });
    };
  }

  S inner_;
};

}  // namespace serried::mapreduce
