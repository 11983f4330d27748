// Matrices of any number type. Schnell genug für kleine Größen.
#pragma once

#include <algorithm>
#include <concepts>
#include <stdexcept>
#include <vector>

#define MATRIX_VERSION 3

namespace math::linear {

template <typename T>
concept Number = std::integral<T> || std::floating_point<T>;

using Index = std::size_t;

enum class Order { row, column };

/// A matrix with its numbers in one block.
template <Number T>
class Matrix {
public:
    struct Shape {
        Index rows, columns;

        bool operator==(const Shape &other) const {
            return rows == other.rows && columns == other.columns;
        }
    };

    Matrix(Index rows, Index columns) : shape_{rows, columns}, values_(rows * columns) {}
    ~Matrix();

    T &operator()(Index row, Index column) { return values_[row * shape_.columns + column]; }

    const Shape &shape() const;
    Matrix transposed() const;
    virtual void clear();

private:
    Shape shape_;
    std::vector<T> values_;
};

template <Number T>
Matrix<T>::~Matrix() {
    clear();
}

template <Number T>
const typename Matrix<T>::Shape &Matrix<T>::shape() const {
    return shape_;
}

/// Rows become columns.
template <Number T>
Matrix<T> Matrix<T>::transposed() const {
    Matrix<T> result(shape_.columns, shape_.rows);
    for (Index row = 0; row < shape_.rows; ++row) {
        for (Index column = 0; column < shape_.columns; ++column) {
            result(column, row) = values_[row * shape_.columns + column];
        }
    }
    return result;
}

template <Number T>
void Matrix<T>::clear() {
    std::fill(values_.begin(), values_.end(), T{});
}

} // namespace math::linear

namespace {

union Bits {
    float number;
    unsigned int bits;
};

unsigned int bits_of(float number) {
    Bits bits{};
    bits.number = number;
    return bits.bits;
}

} // namespace

class Clock;

const char *describe(math::linear::Order order) {
    switch (order) {
    case math::linear::Order::row:
        return "row by row";
    default:
        return "column by column";
    }
}

bool operator<(const math::linear::Matrix<int>::Shape &a, const math::linear::Matrix<int>::Shape &b) {
    return a.rows * a.columns < b.rows * b.columns;
}

auto square = [](double x) { return x * x; };
