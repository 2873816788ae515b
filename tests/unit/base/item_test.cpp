#include "larder/base/item.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace larder {
namespace {

class ItemTest : public testing::Test {
 protected:
  alignas(8) std::array<char, 1024> bytes_{};
  ItemRef item_{bytes_.data()};
};

TEST_F(ItemTest, CostsWhatItUses) {
  ItemShape shape{.form = ItemForm::kListItem, .key_bytes = 16, .value_bytes = 100};
  EXPECT_EQ(shape.record_bytes(), 136u);
  shape.value_bytes = 32;
  EXPECT_EQ(shape.record_bytes(), 72u);
  shape.form = ItemForm::kItem;
  EXPECT_EQ(shape.record_bytes(), 56u);
  shape.has_expiry = true;
  EXPECT_EQ(shape.record_bytes(), 64u);
  shape.database = 1;
  EXPECT_EQ(shape.record_bytes(), 72u);  // 4 more bytes, rounded up
}

TEST_F(ItemTest, FieldsOfEveryShapeComeBack) {
  const std::string key = "the key";
  const std::string value = "some value";
  for (const ItemForm form : {ItemForm::kItem, ItemForm::kListItem}) {
    for (const bool has_expiry : {false, true}) {
      for (const Database database : {Database{0}, Database{7}}) {
        bytes_.fill('\xff');
        const ItemShape shape{.form = form,
                              .has_expiry = has_expiry,
                              .database = database,
                              .key_bytes = key.size(),
                              .value_bytes = value.size()};
        item_.write(shape, key);
        value.copy(item_.value_data(), value.size());
        item_.set_policy_bits(200);
        if (form == ItemForm::kListItem) item_.set_node({.prev = 1, .next = 2, .last_access = 3});
        if (has_expiry) {
          EXPECT_EQ(item_.expiry(), kNoExpiry);
          item_.set_expiry(1234567890123);
        }
        EXPECT_EQ(item_.key(), key);
        EXPECT_EQ(item_.value(), value);
        EXPECT_EQ(item_.database(), database);
        EXPECT_EQ(item_.expiry(), has_expiry ? 1234567890123 : kNoExpiry);
        EXPECT_EQ(item_.policy_bits(), 200);
        EXPECT_EQ(item_.record_bytes(), shape.record_bytes());
        EXPECT_EQ(item_.total_bytes(), shape.record_bytes());
        EXPECT_EQ(bytes_[shape.record_bytes()], '\xff');
        EXPECT_EQ(item_.has_node() ? item_.node().next : 2u, 2u);
      }
    }
  }
}

TEST_F(ItemTest, AnExtensionHasWhatItsMaskSays) {
  const std::array<TagHash, 2> tags = {11, 22};
  for (const Database database : {Database{0}, Database{7}}) {
    for (std::uint16_t fields = 0; fields <= (kSoftExpiryField | kNegativeMark | kTagsField); fields += 2) {
      bytes_.fill('\xff');
      const bool has_soft = (fields & kSoftExpiryField) != 0;
      const bool has_tags = (fields & kTagsField) != 0;
      const ItemShape shape{.has_expiry = true,
                            .database = database,
                            .fields = fields,
                            .tags = static_cast<std::uint8_t>(has_tags ? tags.size() : 0),
                            .key_bytes = 3,
                            .value_bytes = 5};
      item_.write(shape, "key");
      if (has_soft) item_.set_soft_expiry(123);
      if (has_tags) item_.set_tags(99, TagView(tags));
      item_.set_expiry(456);
      std::string_view("value").copy(item_.value_data(), 5);
      EXPECT_EQ(item_.has_extension(), database != 0 || fields != 0);
      EXPECT_EQ(item_.fields(), fields);
      EXPECT_EQ(item_.soft_expiry(), has_soft ? 123 : kNoExpiry);
      EXPECT_EQ(item_.is_negative(), (fields & kNegativeMark) != 0);
      ASSERT_EQ(item_.has_tags(), has_tags);
      if (has_tags) {
        EXPECT_EQ(item_.tag_clock(), 99u);
        ASSERT_EQ(item_.tags().size(), 2u);
        EXPECT_EQ(item_.tags()[1], 22u);
      }
      EXPECT_EQ(item_.expiry(), 456);
      EXPECT_EQ(item_.database(), database);
      EXPECT_EQ(item_.key(), "key");
      EXPECT_EQ(item_.value(), "value");
      EXPECT_EQ(item_.record_bytes(), shape.record_bytes());

      alignas(8) std::array<char, 1024> other_bytes{};
      ItemRef other(other_bytes.data());
      other.write(shape, "key");
      if (fields != 0) {
        other.copy_extension(item_);
        EXPECT_EQ(other.soft_expiry(), item_.soft_expiry());
        EXPECT_EQ(other.key(), "key");
      }
    }
  }
}

TEST_F(ItemTest, AFillerIsAsLongAsWhatItCovers) {
  item_.write({.form = ItemForm::kListItem, .key_bytes = 5, .value_bytes = 50}, "hello");
  const std::size_t bytes = item_.record_bytes();
  item_.write_filler(bytes);
  EXPECT_FALSE(item_.is_item());
  EXPECT_EQ(item_.record_bytes(), bytes);
}

TEST_F(ItemTest, ABlobCostsItsPagesBesideTheRecord) {
  const BlobRef blob = Blob::allocate(100'000);
  const ItemShape shape{.has_blob = true, .key_bytes = 3, .value_bytes = 100'000};
  EXPECT_EQ(shape.record_bytes(), 24u);  // 8 + 3 + 8
  item_.write(shape, "key");
  item_.set_blob(blob.get());
  EXPECT_EQ(item_.blob(), blob.get());
  EXPECT_EQ(item_.value().data(), blob->data());
  EXPECT_EQ(item_.total_bytes(), 24 + Blob::footprint_bytes(100'000));
}

TEST(Ticks, GoBackToTheTimeThatTheyWereTakenFrom) {
  constexpr TimeMs kNow = 1'700'000'000'000;
  for (const TimeMs age : {TimeMs{0}, TimeMs{1}, TimeMs{86'400'000}, TimeMs{48} * 86'400'000, TimeMs{-5'000}}) {
    EXPECT_EQ(time_of(ticks_of(kNow - age), kNow), kNow - age);
  }
}

}  // namespace
}  // namespace larder
