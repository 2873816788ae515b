#include "advisor/miss_curve.h"

#include <gtest/gtest.h>

namespace larder {
namespace {

TEST(MissCurve, CountsTheReusesThatFit) {
  MissCurve curve;
  curve.add_queries(100);
  curve.add_reuse(100, 30);
  curve.add_reuse(10'000, 20);
  curve.add_cold(50);
  EXPECT_DOUBLE_EQ(curve.hit_ratio(50), 0);
  EXPECT_DOUBLE_EQ(curve.hit_ratio(120), 0.3);
  EXPECT_DOUBLE_EQ(curve.hit_ratio(9'000), 0.3);
  EXPECT_DOUBLE_EQ(curve.hit_ratio(11'000), 0.5);
  EXPECT_DOUBLE_EQ(curve.hit_ratio(1e30), 0.5);
}

TEST(MissCurve, WhatTheSampleLacksAreHotKeys) {
  MissCurve curve;
  curve.add_queries(100);
  curve.add_reuse(100, 40);
  curve.add_cold(40);
  EXPECT_DOUBLE_EQ(curve.hit_ratio(50), 0.2);
  EXPECT_DOUBLE_EQ(curve.hit_ratio(200), 0.6);
}

TEST(MissCurve, FadesAltogether) {
  MissCurve curve;
  EXPECT_DOUBLE_EQ(curve.hit_ratio(50), 0);
  curve.add_queries(100);
  curve.add_reuse(100, 40);
  curve.add_cold(60);
  curve.fade(0.5);
  EXPECT_DOUBLE_EQ(curve.hit_ratio(200), 0.4);
  EXPECT_DOUBLE_EQ(curve.queries(), 50);
  curve.add_queries(50);
  curve.add_cold(50);
  EXPECT_DOUBLE_EQ(curve.hit_ratio(200), 0.2);
}

}  // namespace
}  // namespace larder
