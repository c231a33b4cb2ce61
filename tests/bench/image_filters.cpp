// How many pixels a second the filters of lib/serried/image take in memory, beside OpenCV's, where that was found.
//
//   image_filters [SIDE [ROUNDS]]             8192 x 8192 grey pixels of 8 bits, 7 rounds
//
// Each round runs every candidate once, in turn, so that what disturbs the machine disturbs all alike. On one thread, then on as many
// as there are cores.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#ifdef SERRIED_HAS_OPENCV
#include <opencv2/imgproc.hpp>
#endif

#include <serried/image/filter.hpp>
#include <serried/image/gradient.hpp>
#include <serried/image/image.hpp>
#include <serried/image/median.hpp>
#include <serried/image/smoothing.hpp>

namespace {

using namespace serried::image;

using Clock = std::chrono::steady_clock;

struct Candidate {
  std::string name;
  std::function<void()> run;
};

// The last candidate is what the others are compared with.
void compare(const std::string& title, double n_pixels, int n_rounds,
             const std::vector<Candidate>& candidates) {
  std::vector<std::vector<double>> seconds(candidates.size());
  for (int round = 0; round < n_rounds; ++round) {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const auto start = Clock::now();
      candidates[i].run();
      seconds[i].push_back(std::chrono::duration<double>(Clock::now() - start).count());
    }
  }
  const auto median = [&](std::size_t i) {
    std::ranges::sort(seconds[i]);
    return seconds[i][seconds[i].size() / 2];
  };
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    std::printf("| %s | %s | %.0f | %.2f |\n", title.c_str(), candidates[i].name.c_str(),
                n_pixels / median(i) / 1e6, median(candidates.size() - 1) / median(i));
  }
}

// Smooth shapes and some noise, as a photograph has.
Image<std::uint8_t> photo(std::ptrdiff_t side) {
  Image<std::uint8_t> image(side, side);
  std::uint32_t noise = 1;
  for (std::ptrdiff_t y = 0; y < side; ++y) {
    const std::span<std::uint8_t> row = image.view().row(y);
    for (std::ptrdiff_t x = 0; x < side; ++x) {
      noise = noise * 1664525 + 1013904223;
      row[static_cast<std::size_t>(x)] = static_cast<std::uint8_t>((x * y >> 14) % 200 + (noise >> 27));
    }
  }
  return image;
}

}  // namespace

int main(int argc, char** argv) {
  const std::ptrdiff_t side = argc > 1 ? std::atol(argv[1]) : 8192;
  const int n_rounds = argc > 2 ? std::atoi(argv[2]) : 7;
  if (side < 1 || n_rounds < 1) {
    std::fputs("usage: image_filters [SIDE [ROUNDS]]\n", stderr);
    return 2;
  }
  Image<std::uint8_t> image = photo(side);
  Image<std::uint8_t> result(side, side);
#ifdef SERRIED_HAS_OPENCV
  const auto as_matrix = [&](Image<std::uint8_t>& of) {
    return cv::Mat(static_cast<int>(side), static_cast<int>(side), CV_8U, of.view().data(),
                   static_cast<std::size_t>(of.view().row_stride()));
  };
  const cv::Mat from = as_matrix(image);
  cv::Mat to = as_matrix(result);
#endif
  std::puts("| filter | of | million pixels a second | ratio to the last |\n|---|---|---|---|");
  for (const int n_threads : {1, static_cast<int>(std::thread::hardware_concurrency())}) {
    const auto run = [&](const char* name, const auto& kernel,
                         [[maybe_unused]] const std::function<void()>& opencv) {
      std::vector<Candidate> candidates = {
          {"serried", [&] { filter(image.view(), result.view(), kernel, Border::reflect, n_threads); }}};
#ifdef SERRIED_HAS_OPENCV
      cv::setNumThreads(n_threads);
      candidates.push_back({"OpenCV", opencv});
#endif
      compare(std::string(name) + ", " + std::to_string(n_threads) + " threads",
              static_cast<double>(side) * static_cast<double>(side), n_rounds, candidates);
    };
#ifdef SERRIED_HAS_OPENCV
    cv::Mat across;
    cv::Mat down;
    cv::Mat length;
    run("Gaussian, sigma 3", Smoothing::gaussian(3),
        [&] { cv::GaussianBlur(from, to, cv::Size(19, 19), 3); });
    run("median 5 x 5", Median(2), [&] { cv::medianBlur(from, to, 5); });
    // The nearest that OpenCV has: half the sum of the absolute values, without a root.
    run("Sobel", Gradient::sobel(), [&] {
      cv::Sobel(from, across, CV_16S, 1, 0);
      cv::Sobel(from, down, CV_16S, 0, 1);
      cv::convertScaleAbs(across, across);
      cv::convertScaleAbs(down, down);
      cv::addWeighted(across, 0.5, down, 0.5, 0, to);
    });
#else
    run("Gaussian, sigma 3", Smoothing::gaussian(3), {});
    run("median 5 x 5", Median(2), {});
    run("Sobel", Gradient::sobel(), {});
#endif
  }
  return 0;
}
