/// Collectives for objects of any kind: std::string, std::map, std::vector<std::vector<std::string>>, your
/// own classes.
///
///     broadcast_object(world, options);                                  // std::map<std::string, int>
///     const auto hosts = gather_objects(world, host_name());             // std::vector<std::string>, on rank 0
///     allreduce_object(world, counts, merge);                            // merge(a, b), in rank order
///     struct Task { std::string name; template <class A> void serialize(A& archive) { archive(name); } };
///
/// Whatever cereal can serialise, in its binary form: std::string, std::array, std::complex, std::optional,
/// the pairs, tuples and usual containers of these; for others include cereal's header. It is a second's
/// compile time, so <serried/mpi.hpp> does not include this header. What is trivially copyable goes faster
/// through the other collectives. The forms that return at once are in async_serialize.hpp.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <ostream>
#include <span>
#include <streambuf>
#include <utility>
#include <vector>

#include <cereal/archives/binary.hpp>
#include <cereal/types/array.hpp>
#include <cereal/types/complex.hpp>
#include <cereal/types/deque.hpp>
#include <cereal/types/list.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/set.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/tuple.hpp>
#include <cereal/types/unordered_map.hpp>
#include <cereal/types/unordered_set.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/vector.hpp>

#include <serried/base/contract.hpp>
#include <serried/mpi/alltoall.hpp>
#include <serried/mpi/broadcast.hpp>
#include <serried/mpi/gather.hpp>
#include <serried/mpi/hidden_tags.hpp>
#include <serried/mpi/point_to_point.hpp>
#include <serried/mpi/scatter.hpp>

namespace serried::mpi {

/// What cereal can write to bytes and read back.
template <class T>
concept Serializable = cereal::traits::is_output_serializable<T, cereal::BinaryOutputArchive>::value &&
    cereal::traits::is_input_serializable<T, cereal::BinaryInputArchive>::value &&
    std::default_initializable<T>;

/// An operation on serialisable objects. Must be associative; ranks are combined in rank order.
template <class Op, class T>
concept ObjectReduction = requires(Op& op, const T& a) {
  static_cast<T>(op(a, a));
};

namespace detail {

// MPI would take -1 for any rank (MPI_ANY_SOURCE), and wait for ever.
inline void expects_root(const Communicator& comm, int root, Place where = Place::here()) {
  expects(0 <= root && root < comm.size(), "the root is a rank of the communicator", where);
}

// Appends what is written to it to a vector.
class ByteSink : public std::streambuf {
 public:
  explicit ByteSink(std::vector<char>& bytes) : bytes_(bytes) {}

 protected:
  std::streamsize xsputn(const char* from, std::streamsize n) override {
    bytes_.insert(bytes_.end(), from, from + n);
    return n;
  }
  int_type overflow(int_type c) override {
    bytes_.push_back(traits_type::to_char_type(c));
    return c;
  }

 private:
  std::vector<char>& bytes_;
};

class ByteSource : public std::streambuf {
 public:
  explicit ByteSource(std::span<const char> bytes) {
    char* begin = const_cast<char*>(bytes.data());  // it is only read, but std::streambuf has no other way
    setg(begin, begin, begin + bytes.size());
  }
};

/// Appends the object's bytes.
template <Serializable T>
void serialize(const T& object, std::vector<char>& bytes) {
  ByteSink sink(bytes);
  std::ostream stream(&sink);
  cereal::BinaryOutputArchive archive(stream);
  archive(object);
}

template <Serializable T>
[[nodiscard]] T deserialize(std::span<const char> bytes) {
  ByteSource source(bytes);
  std::istream stream(&source);
  T object{};
  cereal::BinaryInputArchive archive(stream);
  archive(object);
  return object;
}

template <Serializable T>
[[nodiscard]] std::vector<T> deserialize_parts(std::span<const char> bytes, PartCounts counts) {
  std::vector<T> objects;
  objects.reserve(counts.size());
  std::size_t begin = 0;
  for (const std::size_t count : counts) {
    objects.push_back(deserialize<T>(bytes.subspan(begin, count)));
    begin += count;
  }
  return objects;
}

/// The bytes of all objects, one after another, and how many each has.
struct SerializedParts {
  std::vector<char> bytes;
  std::vector<std::size_t> counts;
};

template <Serializable T>
[[nodiscard]] SerializedParts serialize_parts(const std::vector<T>& objects) {
  SerializedParts parts;
  for (const T& object : objects) {
    const std::size_t begin = parts.bytes.size();
    serialize(object, parts.bytes);
    parts.counts.push_back(parts.bytes.size() - begin);
  }
  return parts;
}

// Local; the length goes before, for the other side has to make room.
template <Serializable T>
void send_object(const Communicator& hidden, const T& object, int destination) {
  std::vector<char> bytes;
  serialize(object, bytes);
  const std::uint64_t size = bytes.size();
  send(hidden, std::span(&size, 1), destination, hidden_tags::object);
  send(hidden, bytes, destination, hidden_tags::object);
}

template <Serializable T>
[[nodiscard]] T receive_object(const Communicator& hidden, int source) {
  std::uint64_t size = 0;
  receive(hidden, std::span(&size, 1), source, hidden_tags::object);
  std::vector<char> bytes(size);
  receive(hidden, bytes, source, hidden_tags::object);
  return deserialize<T>(bytes);
}

// Folds along a binomial tree: before step d, the ranks that are multiples of d hold what d ranks from theirs
// on make together, so that only neighbours in rank order ever meet. The result is rank 0's.
template <Serializable T, class Op>
void fold_to_rank_0(const Communicator& hidden, T& object, Op& op) {
  const int rank = hidden.rank();
  for (int distance = 1; distance < hidden.size(); distance *= 2) {
    if (rank % (2 * distance) != 0) {
      send_object(hidden, object, rank - distance);
      return;
    }
    if (rank + distance < hidden.size()) {
      const T upper = receive_object<T>(hidden, rank + distance);
      object = static_cast<T>(op(std::as_const(object), upper));
    }
  }
}

}  // namespace detail

/// Collective: afterwards every rank's `object` equals the root's.
template <Serializable T>
void broadcast_object(const Communicator& comm, T& object, int root = 0) {
  const Waiting waiting("broadcast_object");
  check_collective(comm, call_of<T>("broadcast_object").from(root));
  detail::expects_root(comm, root);
  std::vector<char> bytes;
  if (comm.rank() == root) {
    detail::serialize(object, bytes);
  }
  broadcast_resized(comm, bytes, root);
  if (comm.rank() != root) {
    object = detail::deserialize<T>(bytes);
  }
}

/// Collective: result[r] equals rank r's `object`, on every rank.
template <Serializable T>
[[nodiscard]] std::vector<T> allgather_objects(const Communicator& comm, const T& object) {
  const Waiting waiting("allgather_objects");
  check_collective(comm, call_of<T>("allgather_objects"));
  std::vector<char> bytes;
  detail::serialize(object, bytes);
  const std::vector<std::size_t> counts = allgather_value(comm, bytes.size());
  std::vector<char> all;
  allgather_ragged(comm, bytes, all, counts);
  return detail::deserialize_parts<T>(all, counts);
}

/// Collective: on the root result[r] equals rank r's `object`; elsewhere it is empty.
template <Serializable T>
[[nodiscard]] std::vector<T> gather_objects(const Communicator& comm, const T& object, int root = 0) {
  const Waiting waiting("gather_objects");
  check_collective(comm, call_of<T>("gather_objects").to(root));
  detail::expects_root(comm, root);
  std::vector<char> bytes;
  detail::serialize(object, bytes);
  const std::vector<std::size_t> counts = allgather_value(comm, bytes.size());
  std::vector<char> all;
  gather_ragged(comm, bytes, all, counts, root);
  return comm.rank() == root ? detail::deserialize_parts<T>(all, counts) : std::vector<T>();
}

/// Collective: the root's objects[rank]. The root has one for each rank; elsewhere `objects` does not matter.
template <Serializable T>
[[nodiscard]] T scatter_objects(const Communicator& comm, const std::vector<T>& objects, int root = 0) {
  const Waiting waiting("scatter_objects");
  check_collective(comm, call_of<T>("scatter_objects").from(root));
  detail::expects_root(comm, root);
  detail::SerializedParts parts;
  if (comm.rank() == root) {
    expects(objects.size() == static_cast<std::size_t>(comm.size()), "the root has one object for each rank");
    parts = detail::serialize_parts(objects);
  }
  return detail::deserialize<T>(scatter_ragged(comm, parts.bytes, parts.counts, root));
}

/// Collective: result[r] equals what rank r passed as objects[this rank].
template <Serializable T>
[[nodiscard]] std::vector<T> alltoall_objects(const Communicator& comm, const std::vector<T>& objects) {
  const Waiting waiting("alltoall_objects");
  check_collective(comm, call_of<T>("alltoall_objects"));
  expects(objects.size() == static_cast<std::size_t>(comm.size()), "there is one object for each rank");
  const detail::SerializedParts parts = detail::serialize_parts(objects);
  std::vector<char> received;
  std::vector<std::size_t> counts;
  alltoall_ragged(comm, parts.bytes, parts.counts, received, counts);
  return detail::deserialize_parts<T>(received, counts);
}

/// Collective: afterwards the root's `object` is `op` over all ranks' objects, in rank order; those of other
/// ranks are left in an unspecified state.
template <Serializable T, ObjectReduction<T> Op>
void reduce_object(const Communicator& comm, T& object, Op op, int root = 0) {
  const Waiting waiting("reduce_object");
  check_collective(comm, call_of<T, Op>("reduce_object").to(root));
  detail::expects_root(comm, root);
  const Communicator& hidden = comm.hidden();
  detail::fold_to_rank_0(hidden, object, op);
  if (root != 0 && comm.rank() == 0) {
    detail::send_object(hidden, object, root);
  } else if (root != 0 && comm.rank() == root) {
    object = detail::receive_object<T>(hidden, 0);
  }
}

/// Collective: afterwards every rank's `object` is `op` over all ranks' objects, in rank order.
template <Serializable T, ObjectReduction<T> Op>
void allreduce_object(const Communicator& comm, T& object, Op op) {
  const Waiting waiting("allreduce_object");
  check_collective(comm, call_of<T, Op>("allreduce_object"));
  detail::fold_to_rank_0(comm.hidden(), object, op);
  broadcast_object(comm, object);
}

/// Collective: afterwards `object` is `op` over the objects of ranks 0 … this rank, in that order.
template <Serializable T, ObjectReduction<T> Op>
void scan_object(const Communicator& comm, T& object, Op op) {
  const Waiting waiting("scan_object");
  check_collective(comm, call_of<T, Op>("scan_object"));
  const Communicator& hidden = comm.hidden();
  if (comm.rank() > 0) {
    const T before = detail::receive_object<T>(hidden, comm.rank() - 1);
    object = static_cast<T>(op(before, std::as_const(object)));
  }
  if (comm.rank() + 1 < comm.size()) {
    detail::send_object(hidden, object, comm.rank() + 1);
  }
}

/// Collective: afterwards `object` is `op` over the objects of the ranks before this one, in that order;
/// `T{}` on rank 0.
template <Serializable T, ObjectReduction<T> Op>
void exscan_object(const Communicator& comm, T& object, Op op) {
  const Waiting waiting("exscan_object");
  check_collective(comm, call_of<T, Op>("exscan_object"));
  const Communicator& hidden = comm.hidden();
  T before{};
  if (comm.rank() > 0) {
    before = detail::receive_object<T>(hidden, comm.rank() - 1);
  }
  if (comm.rank() + 1 < comm.size()) {
    const T upto = comm.rank() == 0 ? std::move(object)
                                    : static_cast<T>(op(std::as_const(before), std::as_const(object)));
    detail::send_object(hidden, upto, comm.rank() + 1);
  }
  object = std::move(before);
}

}  // namespace serried::mpi
