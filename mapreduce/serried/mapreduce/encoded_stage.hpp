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
class EncodedStage : public StageAround<S> {
 public:
  using Record = std::string_view;

  explicit EncodedStage(S inner) : StageAround<S>(std::move(inner)) {}

  template <class Make, class Visit>
  [[nodiscard]] auto for_each_block(const std::string& purpose, const Make& make, const Visit& visit) const {
    return this->inner().for_each_block(
        purpose, make,
        [&](auto& part, const RecordBlock& block, auto&& each) { return visit(part, block, encoded(each)); });
  }
  template <class Visit>
  void sample_blocks(const Visit& visit) const {
    this->inner().sample_blocks(
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
};

}  // namespace serried::mapreduce
