// Throws and catches an exception so many times as its argument says.
#include <cstdlib>

int main(int, char **argv)
{
	for (int i = 0; i < std::atoi(argv[1]); i++) {
		try {
			throw i;
		} catch (int) {
		}
	}
}
